/* leat/status.h - status codes, error detail and the log call-back.
 *
 * Every function that can fail returns a leat_status which the caller must look at. LEAT_OK is zero. The
 * detail of the latest failure on the calling thread is leat_message(): one line that names the file and
 * offset, or the node and op, and the reason. All functions here may be called from any thread. doc/api.md has,
 * for every function of the library, which threads may call it, who owns what, and how long it lives. */
#ifndef LEAT_STATUS_H
#define LEAT_STATUS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEAT_API __attribute__((visibility("default")))
#define LEAT_MUST_CHECK __attribute__((warn_unused_result))
#define LEAT_PRINTF(fmt_, args_) __attribute__((format(printf, fmt_, args_)))

/* The version of the library that runs, such as "0.1.0"; pkg-config leat says that of the headers. Static storage; any thread. */
LEAT_API const char *leat_version(void);

/* The one list of status codes: X(name, text). The numbers are stable across releases: append only. */
#define LEAT_STATUS_LIST(X)                                                                                  \
    X(OK, "ok")                                                                                              \
    X(ERR_INVALID_ARGUMENT, "invalid argument")                                                              \
    X(ERR_NOT_FOUND, "not found")                                                                            \
    X(ERR_ALREADY_EXISTS, "already exists")                                                                  \
    X(ERR_OUT_OF_RANGE, "out of range")                                                                      \
    X(ERR_UNIMPLEMENTED, "not implemented")                                                                  \
    X(ERR_FAILED_PRECONDITION, "failed precondition")                                                        \
    X(ERR_DATA_LOSS, "corrupt data")                                                                         \
    X(ERR_NO_MEMORY, "out of memory")                                                                        \
    X(ERR_IO, "input/output error")                                                                          \
    X(ERR_CANCELLED, "cancelled")                                                                            \
    X(ERR_DEADLINE, "deadline exceeded")                                                                     \
    X(ERR_FORKED, "not usable in a forked child")                                                            \
    X(ERR_INTERNAL, "internal error")

typedef enum leat_status {
#define LEAT_STATUS_ENUM(name_, text_) LEAT_##name_,
    LEAT_STATUS_LIST(LEAT_STATUS_ENUM)
#undef LEAT_STATUS_ENUM
} leat_status;

/* The fixed English text of a code, such as "out of memory". Never NULL; static storage; any thread. */
LEAT_API const char *leat_status_text(leat_status status);

/* The enumerator's name without the prefix, such as "ERR_NO_MEMORY". Never NULL; static storage. */
LEAT_API const char *leat_status_name(leat_status status);

/* The detail of the latest failure on this thread, or "" if none. Valid until this thread's next failing
 * call. A successful call leaves it alone. */
LEAT_API const char *leat_message(void);

/* For small programs: does nothing for LEAT_OK, else prints leat_message() to stderr and exits with 1. */
LEAT_API void leat_must(leat_status status);

typedef enum leat_log_level { LEAT_LOG_DEBUG, LEAT_LOG_INFO, LEAT_LOG_WARNING } leat_log_level;

/* The library never writes to stderr by itself. Messages that are not errors go to this call-back, which
 * may be called from any of the library's threads, one call at a time. NULL (the default) drops them. `text` is
 * borrowed for the call; the call-back must not call the library, whose locks may be held. */
typedef void leat_log_fn(void *user, leat_log_level level, const char *text);
LEAT_API void leat_set_log(leat_log_fn *fn, void *user);

/* Frees what a function of the library gave as bytes or as a text of its own. NULL is fine. */
LEAT_API void leat_free_bytes(void *bytes);

#ifdef __cplusplus
}
#endif
#endif
