/* Image files: public, immutable, named by their SHA-256. The core is not asked; any web server could serve the folder
 * instead, because a device believes the signed manifest in the file and not who sent it. */
#ifndef SERVICE_EDGE_IMAGE_H
#define SERVICE_EDGE_IMAGE_H

#include <event2/http.h>
#include <stdbool.h>

/* Answers a GET with 200, 206, 304 or 416, a HEAD with 200 or 304.
 * name  of the path, untrusted
 * false: there is no such image, and nothing was answered */
bool image_answer(const char *images_dir, const char *name, struct evhttp_request *request);

#endif
