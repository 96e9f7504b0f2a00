/* progress.c - one redrawn line on a terminal, a plain line now and then in a log. */
#include "tools/tool-private.h"
#include "base/file-private.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double redraw_seconds = 0.1, log_seconds = 30;

static void put(const char *bytes, size_t n)
{
    leat_file error = {.fd = STDERR_FILENO, .path = (char *)"standard error"};
    (void)!leat_file_write(&error, bytes, n);
}

/* Columns of UTF-8 text, taking every character as one wide (CJK is wider: the line is cut early enough below). */
static size_t columns(const char *text, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80 ? 1 + ((unsigned char)text[i] >= 0xe0) : 0;
    return count;
}

void leat_progress_begin(leat_progress *p, leat_tool *t, const char *unit, int64_t first, int64_t total)
{
    double now = leat_now();
    *p = (leat_progress){.tool = t, .unit = unit, .first = first, .total = total, .start = now, .shown = now};
}

static void put_duration(leat_buf *b, double seconds)
{
    if (seconds < 60)
        leat_buf_printf(b, "%.0f s", seconds);
    else if (seconds < 3600)
        leat_buf_printf(b, "%d min %02d s", (int)seconds / 60, (int)seconds % 60);
    else if (seconds < 1e9)
        leat_buf_printf(b, "%lld h %02d min", (long long)(seconds / 3600),
                        (int)((long long)seconds / 60 % 60));
    else
        leat_buf_puts(b, "long");
}

static void put_rate(leat_buf *b, const leat_progress *p, int64_t done, double now)
{
    double passed = now - p->start;
    leat_buf_printf(b, "%s %lld", p->unit, (long long)done);
    if (p->total > 0)
        leat_buf_printf(b, "/%lld", (long long)p->total);
    if (passed <= 0 || done <= p->first)
        return;
    double rate = (double)(done - p->first) / passed;
    leat_buf_printf(b, ", %.*f %ss/s", rate < 10 ? 2 : rate < 1000 ? 1 : 0, rate, p->unit);
    if (p->total >= done) {
        leat_buf_puts(b, ", ");
        put_duration(b, (double)(p->total - done) / rate);
        leat_buf_puts(b, " left");
    }
}

/* Draws over the line that is there; longer text than the terminal is wide would scroll, so it is cut. */
static void redraw(leat_progress *p, leat_buf *line)
{
    leat_tool *t = p->tool;
    size_t limit = t->terminal_width > 1 ? (size_t)t->terminal_width - 1 : 79, size = line->size;
    while (size > 0 &&
           (columns(line->data, size) > limit || ((unsigned char)line->data[size] & 0xc0) == 0x80))
        size--;
    leat_buf out = {0};
    leat_buf_putc(&out, '\r');
    leat_buf_append(&out, line->data, size);
    size_t width = columns(line->data, size);
    for (size_t i = width; i < t->progress_width; i++)
        leat_buf_putc(&out, ' ');
    if (!out.failed)
        put(out.data, out.size);
    t->progress_width = width;
    leat_buf_free(&out);
}

/* Is it time to show something again? */
static bool due(leat_progress *p, double now)
{
    if (now - p->shown < (p->tool->error_terminal ? redraw_seconds : log_seconds))
        return false;
    p->shown = now;
    return true;
}

static void show(leat_progress *p, leat_buf *line)
{
    if (!p->tool->error_terminal)
        leat_buf_putc(line, '\n');
    if (!line->failed && p->tool->error_terminal)
        redraw(p, line);
    else if (!line->failed)
        put(line->data, line->size);
    leat_buf_free(line);
}

void leat_progress_at(leat_progress *p, int64_t done, const char *format, ...)
{
    double now = leat_now();
    if (!due(p, now))
        return;
    leat_buf line = {0};
    put_rate(&line, p, done, now);
    if (format != NULL) {
        char text[512];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        leat_buf_puts(&line, ", ");
        leat_buf_put_escaped(&line, text, strlen(text));
    }
    show(p, &line);
}

void leat_progress_bytes(void *user, const char *what, uint64_t done, uint64_t total)
{
    leat_progress *p = user;
    if (p->unit == NULL || strcmp(p->unit, what) != 0)
        leat_progress_begin(p, p->tool, what, 0, (int64_t)total);
    double now = leat_now(), passed = now - p->start;
    if (total == 0 || !due(p, now))
        return;
    leat_buf line = {0};
    leat_buf_printf(&line, "%s: %.0f %%", what, 100 * (double)done / (double)total);
    if (done > 0 && passed > 0) {
        leat_buf_printf(&line, ", %.0f MiB/s, ", (double)done / passed / (1 << 20));
        put_duration(&line, (double)(total - LEAT_MIN(done, total)) / (double)done * passed);
        leat_buf_puts(&line, " left");
    }
    show(p, &line);
}

static void wipe(leat_tool *t, leat_buf *b)
{
    if (t->progress_width > 0)
        leat_buf_printf(b, "\r%*s\r", (int)t->progress_width, "");
    t->progress_width = 0;
}

void leat_progress_line(leat_progress *p, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    leat_buf line = {0};
    wipe(p->tool, &line);
    leat_buf_put_escaped(&line, text, strlen(text));
    leat_buf_putc(&line, '\n');
    if (!line.failed)
        put(line.data, line.size);
    leat_buf_free(&line);
}

void leat_progress_end(leat_progress *p)
{
    leat_buf line = {0};
    wipe(p->tool, &line);
    if (line.size > 0 && !line.failed)
        put(line.data, line.size);
    leat_buf_free(&line);
}
