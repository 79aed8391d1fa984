#include "base/error.h"

const char *error_name(struct error error)
{
    switch (error.code) {
    case ERROR_CODE_NONE:
        return "NONE";
#define ERROR_MODULE(name, number)
#define ERROR_ENTRY(module, name, id, text)  \
    case (uint32_t)ERROR_CODE_##module##_##name: \
        return #module "_" #name;
#include "base/error_list.h"
#undef ERROR_MODULE
#undef ERROR_ENTRY
    default:
        return "UNKNOWN";
    }
}

const char *error_text(struct error error)
{
    switch (error.code) {
    case ERROR_CODE_NONE:
        return "no error";
#define ERROR_MODULE(name, number)
#define ERROR_ENTRY(module, name, id, text)  \
    case (uint32_t)ERROR_CODE_##module##_##name: \
        return text;
#include "base/error_list.h"
#undef ERROR_MODULE
#undef ERROR_ENTRY
    default:
        return "an error code that this build does not know; a newer version made it";
    }
}
