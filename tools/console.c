/* console.c - standard output and standard error of the tool. Both go through leat_file, so that tests can make them
 * fail, and so that an interrupted or short write is finished. */
#include "tools/tool-private.h"
#include "base/file-private.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FLUSH_SIZE = 1 << 16 };

leat_status leat_print_flush(leat_tool *t)
{
    if (t->output_status == LEAT_OK)
        t->output_status = leat_buf_status(&t->output);
    if (t->output_status == LEAT_OK && t->output.size > 0) {
        leat_file out = {.fd = STDOUT_FILENO, .path = (char *)"standard output"};
        t->output_status = leat_file_write(&out, t->output.data, t->output.size);
    }
    leat_buf_clear(&t->output);
    return t->output_status;
}

void leat_print_bytes(leat_tool *t, const void *bytes, size_t n)
{
    if (t->output_status != LEAT_OK)
        return;
    leat_buf_append(&t->output, bytes, n);
    if (t->output.size >= FLUSH_SIZE || t->output.failed ||
        (t->output_terminal && n > 0 && memchr(bytes, '\n', n) != NULL))
        (void)leat_print_flush(t);
}

leat_status leat_print_sink(void *tool, const void *bytes, size_t n)
{
    leat_tool *t = tool;
    leat_print_bytes(t, bytes, n);
    return t->output_status;
}

void leat_print(leat_tool *t, const char *format, ...)
{
    va_list args, again;
    char small[512];
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof small) {
        leat_print_bytes(t, small, (size_t)n);
    } else if (n > 0) {
        char *large = leat_alloc((size_t)n + 1);
        if (large == NULL)
            t->output.failed = true;
        else
            vsnprintf(large, (size_t)n + 1, format, again);
        leat_print_bytes(t, large != NULL ? large : "", large != NULL ? (size_t)n : 0);
        leat_free(large);
    }
    va_end(again);
}

/* A failure to write to standard error can be told nobody. `wipe`: columns of a progress line to blank first. */
static void put_error(size_t wipe, const char *kind, const char *text)
{
    leat_buf line = {0};
    if (wipe > 0)
        leat_buf_printf(&line, "\r%*s\r", (int)wipe, "");
    leat_buf_printf(&line, "leat: %s", kind);
    leat_buf_put_escaped(&line, text, strlen(text));
    leat_buf_putc(&line, '\n');
    leat_file error = {.fd = STDERR_FILENO, .path = (char *)"standard error"};
    if (!line.failed)
        (void)!leat_file_write(&error, line.data, line.size);
    leat_buf_free(&line);
}

void leat_tool_warn(leat_tool *t, const char *format, ...)
{
    va_list args;
    char text[1024];
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)leat_print_flush(t);
    put_error(t->progress_width, "warning: ", text);
    t->progress_width = 0;
}

void leat_tool_log(void *user, leat_log_level level, const char *text)
{
    (void)user;
    if (level == LEAT_LOG_WARNING)
        put_error(0, "warning: ", text);
}

int leat_exit_code(leat_status status)
{
    switch (status) {
    case LEAT_OK: return LEAT_EXIT_OK;
    case LEAT_ERR_INVALID_ARGUMENT:
    case LEAT_ERR_NOT_FOUND:
    case LEAT_ERR_ALREADY_EXISTS:
    case LEAT_ERR_OUT_OF_RANGE:
    case LEAT_ERR_UNIMPLEMENTED:
    case LEAT_ERR_FAILED_PRECONDITION:
    case LEAT_ERR_DATA_LOSS:
    case LEAT_ERR_DEADLINE: return LEAT_EXIT_BAD_INPUT;
    case LEAT_ERR_CANCELLED: {
        int signal = leat_signals_caught();
        return signal != 0 ? LEAT_EXIT_SIGNAL + signal : LEAT_EXIT_CHECK_FAILED;
    }
    case LEAT_ERR_NO_MEMORY:
    case LEAT_ERR_IO:
    case LEAT_ERR_FORKED:
    case LEAT_ERR_INTERNAL: break;
    }
    return LEAT_EXIT_IO;
}

int leat_tool_fail(leat_tool *t, leat_status status)
{
    /* Copied: flushing may fail and leave a message of its own. */
    char text[2048];
    const char *message = leat_message();
    snprintf(text, sizeof text, "%s", *message != '\0' ? message : leat_status_text(status));
    (void)leat_print_flush(t);
    put_error(t->progress_width, "", text);
    t->progress_width = 0;
    return leat_exit_code(status);
}

int leat_tool_end(leat_tool *t, leat_status status)
{
    int signal = leat_signals_caught();
    if (signal != 0)
        return LEAT_EXIT_SIGNAL + signal;
    return status == LEAT_OK ? LEAT_EXIT_OK : leat_tool_fail(t, status);
}
