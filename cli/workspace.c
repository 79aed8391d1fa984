#include "cli/workspace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct workspace workspace_of(const char *folder)
{
    if (folder == NULL) {
        folder = getenv("SOPRIS_HOME");
    }
    if (folder == NULL || folder[0] == 0) {
        folder = "./sopris-work";
    }
    return (struct workspace){file_path_format("%s", folder)};
}

struct file_path workspace_path(const struct workspace *workspace, const char *format, ...)
{
    struct file_path relative;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(relative.text, sizeof relative.text, format, arguments);
    va_end(arguments);
    return file_path_join(workspace->folder.text, relative.text);
}
