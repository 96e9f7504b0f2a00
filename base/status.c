#include "config.h"
#include "base-private.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_SIZE 2048

/* Thread-local and of fixed size: reporting a failure, lack of memory above all, needs no memory. */
static _Thread_local char message[MESSAGE_SIZE];

static const char *const status_texts[] = {
#define LEAT_STATUS_TEXT(name_, text_) text_,
    LEAT_STATUS_LIST(LEAT_STATUS_TEXT)
#undef LEAT_STATUS_TEXT
};

static const char *const status_names[] = {
#define LEAT_STATUS_NAME(name_, text_) #name_,
    LEAT_STATUS_LIST(LEAT_STATUS_NAME)
#undef LEAT_STATUS_NAME
};

const char *leat_status_text(leat_status status)
{
    return (size_t)status < LEAT_LEN(status_texts) ? status_texts[status] : "unknown status";
}

const char *leat_version(void)
{
    return PACKAGE_VERSION;
}

const char *leat_status_name(leat_status status)
{
    return (size_t)status < LEAT_LEN(status_names) ? status_names[status] : "ERR_UNKNOWN";
}

const char *leat_message(void)
{
    return message;
}

void leat_clear_message(void)
{
    message[0] = '\0';
}

void leat_must(leat_status status)
{
    if (status == LEAT_OK)
        return;
    fprintf(stderr, "%s\n", message[0] != '\0' ? message : leat_status_text(status));
    exit(1);
}

/* The arguments may point into `message`, so it is written only after formatting. */
static void set_message(const char *format, va_list args)
{
    char raw[MESSAGE_SIZE];
    locale_t old = leat_c_numbers_begin();
    vsnprintf(raw, sizeof raw, format, args);
    leat_c_numbers_end(old);
    leat_escape(message, sizeof message, raw, strlen(raw));
}

leat_status leat_fail_v(leat_status status, const char *format, va_list args)
{
    set_message(format, args);
    return status;
}

leat_status leat_fail(leat_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_message(format, args);
    va_end(args);
    return status;
}

leat_status leat_fail_memory(size_t bytes)
{
    snprintf(message, sizeof message, "out of memory (%zu bytes wanted)", bytes);
    return LEAT_ERR_NO_MEMORY;
}

leat_status leat_fail_context(leat_status status, const char *format, ...)
{
    if (status == LEAT_OK)
        return LEAT_OK;
    char prefix[MESSAGE_SIZE / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    return leat_fail(status, "%s: %s", prefix, message[0] != '\0' ? message : leat_status_text(status));
}

/* The one global: the log call-back of the process. The mutex also makes the calls one at a time. */
static struct {
    pthread_mutex_t mutex;
    leat_log_fn *fn;
    void *user;
} log_sink = {.mutex = PTHREAD_MUTEX_INITIALIZER};

void leat_set_log(leat_log_fn *fn, void *user)
{
    pthread_mutex_lock(&log_sink.mutex);
    log_sink.fn = fn;
    log_sink.user = user;
    pthread_mutex_unlock(&log_sink.mutex);
}

void leat_note(leat_log_level level, const char *format, ...)
{
    char raw[MESSAGE_SIZE], text[MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    locale_t old = leat_c_numbers_begin();
    vsnprintf(raw, sizeof raw, format, args);
    leat_c_numbers_end(old);
    va_end(args);
    leat_escape(text, sizeof text, raw, strlen(raw));

    pthread_mutex_lock(&log_sink.mutex);
    if (log_sink.fn != NULL)
        log_sink.fn(log_sink.user, level, text);
    pthread_mutex_unlock(&log_sink.mutex);
}
