#include "graph-text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/op-private.h"

static const char *skip_blanks(const char *p)
{
    while (*p == ' ')
        p++;
    return p;
}

static void put_shape(leat_buf *b, uint32_t field, const char *text, size_t n)
{
    size_t mark = leat_put_begin(b, field);
    if (n == 7 && memcmp(text, "unknown", 7) == 0)
        leat_put_uint(b, 3, 1);
    else
        for (const char *p = text; p < text + n;) {
            char *end;
            size_t dim = leat_put_begin(b, 2);
            long long size = *p == '?' ? -1 : strtoll(p, &end, 10);
            leat_put_uint(b, 1, (uint64_t)size);
            leat_put_end(b, dim);
            p = *p == '?' ? p + 1 : end;
            p += p < text + n && *p == ',';
        }
    leat_put_end(b, mark);
}

static void put_number(leat_buf *b, leat_dtype dtype, const char *p, char **end)
{
    if (dtype == LEAT_FLOAT)
        leat_put_float(b, 5, strtof(p, end));
    else if (dtype == LEAT_DOUBLE)
        leat_put_double(b, 6, strtod(p, end));
    else if (dtype == LEAT_INT64)
        leat_put_uint(b, 10, (uint64_t)strtoll(p, end, 10));
    else
        leat_put_uint(b, dtype == LEAT_BOOL ? 11 : 7, (uint64_t)strtoll(p, end, 10));
}

/* int32[2]1,2 */
static void put_tensor(leat_buf *b, const char *text, size_t n)
{
    const char *open = memchr(text, '[', n), *close = memchr(text, ']', n);
    leat_dtype dtype = leat_dtype_from_name(text, (size_t)(open - text));
    size_t mark = leat_put_begin(b, 8);
    leat_put_uint(b, 1, (uint64_t)dtype);
    put_shape(b, 2, open + 1, (size_t)(close - open - 1));
    for (const char *p = close + 1; p < text + n;) {
        char *end;
        put_number(b, dtype, p, &end);
        p = end + (*end == ',');
    }
    leat_put_end(b, mark);
}

static bool is_word(const char *text, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(text, word, n) == 0;
}

static void put_value(leat_buf *b, const char *kind, size_t kind_size, const char *v, size_t n)
{
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)n, v);
    size_t mark = leat_put_begin(b, 2);
    if (is_word(kind, kind_size, "type"))
        leat_put_uint(b, 6, leat_dtype_from_name(v, n) ? leat_dtype_from_name(v, n) : (uint64_t)atoi(text));
    else if (is_word(kind, kind_size, "int"))
        leat_put_uint(b, 3, (uint64_t)strtoll(text, NULL, 10));
    else if (is_word(kind, kind_size, "float"))
        leat_put_float(b, 4, strtof(text, NULL));
    else if (is_word(kind, kind_size, "bool"))
        leat_put_uint(b, 5, strcmp(text, "true") == 0);
    else if (is_word(kind, kind_size, "string"))
        leat_put_bytes(b, 2, v, n);
    else if (is_word(kind, kind_size, "shape"))
        put_shape(b, 7, v, n);
    else if (is_word(kind, kind_size, "tensor"))
        put_tensor(b, v, n);
    else if (is_word(kind, kind_size, "ints")) {
        size_t list = leat_put_begin(b, 1);
        for (const char *p = v; p < v + n;) {
            char *end;
            leat_put_uint(b, 3, (uint64_t)strtoll(p, &end, 10));
            p = end + (*end == ',');
        }
        leat_put_end(b, list);
    } else if (is_word(kind, kind_size, "types")) {
        size_t list = leat_put_begin(b, 1), k;
        for (const char *p = v; p < v + n; p += k + 1) {
            k = strcspn(p, ", ;");
            leat_put_uint(b, 6, leat_dtype_from_name(p, k));
        }
        leat_put_end(b, list);
    }
    leat_put_end(b, mark);
}

static const char *put_attr(leat_buf *b, const char *p)
{
    const char *colon = strchr(p, ':'), *equals = strchr(p, '=');
    size_t n = strcspn(equals + 1, " ;");
    size_t mark = leat_put_begin(b, 5);
    leat_put_bytes(b, 1, p, (size_t)(colon - p));
    put_value(b, colon + 1, (size_t)(equals - colon - 1), equals + 1, n);
    leat_put_end(b, mark);
    return skip_blanks(equals + 1 + n);
}

void graph_text(leat_buf *out, const char *text)
{
    for (const char *p = skip_blanks(text); *p != '\0'; p = skip_blanks(p)) {
        const char *equals = strstr(p, " = "), *open = strchr(p, '(');
        size_t mark = leat_put_begin(out, 1);
        leat_put_bytes(out, 1, p, (size_t)(equals - p));
        leat_put_bytes(out, 2, equals + 3, (size_t)(open - equals - 3));
        for (p = skip_blanks(open + 1); *p != ')'; p = skip_blanks(p)) {
            size_t n = strcspn(p, ",)");
            leat_put_bytes(out, 3, p, n);
            p += n;
            p += *p == ',';
        }
        p = skip_blanks(p + 1);
        while (*p != '\0' && *p != ';')
            p = put_attr(out, p);
        p += *p == ';';
        leat_put_end(out, mark);
    }
}
