#include "config.h"
#include "base-private.h"

#include <stdio.h>
#include <string.h>

void *leat_buf_reserve(leat_buf *b, size_t n)
{
    if (b->failed)
        return NULL;
    if (b->data != NULL && n < b->capacity - b->size)
        return b->data + b->size;
    size_t need;
    if (__builtin_add_overflow(b->size, n, &need) || need > SIZE_MAX / 2) {
        b->failed = true;
        return NULL;
    }
    size_t capacity = LEAT_MAX(need + 1, LEAT_MAX(2 * b->capacity, (size_t)64));
    char *data = leat_realloc(b->data, capacity);
    if (data == NULL) {
        b->failed = true;
        return NULL;
    }
    b->data = data;
    b->capacity = capacity;
    b->data[b->size] = '\0';
    return b->data + b->size;
}

void leat_buf_append(leat_buf *b, const void *bytes, size_t n)
{
    char *to = leat_buf_reserve(b, n);
    if (to == NULL || n == 0)
        return;
    memcpy(to, bytes, n);
    to[n] = '\0';
    b->size += n;
}

void leat_buf_puts(leat_buf *b, const char *text)
{
    leat_buf_append(b, text, strlen(text));
}

void leat_buf_putc(leat_buf *b, char c)
{
    leat_buf_append(b, &c, 1);
}

void leat_buf_vprintf(leat_buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    locale_t old = leat_c_numbers_begin();
    char *to = leat_buf_reserve(b, 64);
    int n = to != NULL ? vsnprintf(to, 65, format, args) : -1;
    if (n > 64) {
        to = leat_buf_reserve(b, (size_t)n);
        n = to != NULL ? vsnprintf(to, (size_t)n + 1, format, again) : -1;
    }
    leat_c_numbers_end(old);
    va_end(again);
    if (n >= 0)
        b->size += (size_t)n;
    else
        b->failed = true;
}

void leat_buf_printf(leat_buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    leat_buf_vprintf(b, format, args);
    va_end(args);
}

void leat_buf_clear(leat_buf *b)
{
    b->size = 0;
    b->failed = false;
    if (b->data != NULL)
        b->data[0] = '\0';
}

void leat_buf_free(leat_buf *b)
{
    leat_free(b->data);
    *b = (leat_buf){0};
}

leat_status leat_buf_status(const leat_buf *b)
{
    return b->failed ? leat_fail_memory(b->capacity) : LEAT_OK;
}

void leat_buf_put_escaped(leat_buf *b, const char *text, size_t n)
{
    if (n > SIZE_MAX / 8) {
        b->failed = true;
        return;
    }
    char *to = leat_buf_reserve(b, 4 * n);
    if (to != NULL)
        b->size += leat_escape(to, 4 * n + 1, text, n);
}
