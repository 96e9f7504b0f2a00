#include "config.h"
#include "base-private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the well-formed UTF-8 character at `s` (of n > 0 left), its code point in *code; 0 if there is
 * none. Source: Unicode 15, table 3-7. */
static size_t utf8_character(const unsigned char *s, size_t n, uint32_t *code)
{
    if (s[0] < 0x80) {
        *code = s[0];
        return 1;
    }
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || length > n)
        return 0;
    uint32_t c = s[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *code = c;
    return length;
}

bool leat_utf8_valid(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    uint32_t code;
    for (size_t i = 0, step; i < n; i += step)
        if ((step = utf8_character(s + i, n - i, &code)) == 0)
            return false;
    return true;
}

/* Controls, line and paragraph separators, and marks, embeddings and isolates of text direction. */
static bool must_escape(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

size_t leat_escape(char *to, size_t room, const char *text, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *s = (const unsigned char *)text;
    size_t used = 0;
    for (size_t i = 0; i < n;) {
        uint32_t code = 0;
        size_t length = utf8_character(s + i, n - i, &code);
        bool plain = length > 0 && !must_escape(code);
        length = LEAT_MAX(length, (size_t)1);
        if ((plain ? length : 4 * length) >= room - used)
            break;
        if (plain) {
            memcpy(to + used, s + i, length);
            used += length;
        } else {
            for (size_t j = 0; j < length; j++) {
                const char hex[4] = {'\\', 'x', digits[s[i + j] >> 4], digits[s[i + j] & 15]};
                memcpy(to + used, hex, 4);
                used += 4;
            }
        }
        i += length;
    }
    to[used] = '\0';
    return used;
}

/* ---- JSON ---- */

static const char *json_escape(uint32_t code, char hex[8])
{
    switch (code) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\t': return "\\t";
    default: break;
    }
    if (!must_escape(code) && code != '<' && code != '>' && code != '&')
        return NULL;
    snprintf(hex, 8, "\\u%04x", code);
    return hex;
}

void leat_buf_put_json(leat_buf *b, const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    leat_buf_putc(b, '"');
    for (size_t i = 0, plain = 0, length; i <= n; i += length) {
        char hex[8];
        uint32_t code = 0;
        length = i == n ? 1 : utf8_character(s + i, n - i, &code);
        const char *escape = i == n ? "" : length == 0 ? "\\\\x" : json_escape(code, hex);
        if (escape == NULL)
            continue;
        leat_buf_append(b, text + plain, i - plain);
        leat_buf_puts(b, escape);
        if (length == 0)
            leat_buf_printf(b, "%02x", s[i]);
        length = LEAT_MAX(length, (size_t)1);
        plain = i + length;
    }
    leat_buf_putc(b, '"');
}

void leat_buf_put_json_f64(leat_buf *b, double value)
{
    char number[32];
    bool finite = isfinite(value);
    leat_buf_puts(b, finite ? "" : "\"");
    leat_buf_puts(b, leat_format_f64(number, value));
    leat_buf_puts(b, finite ? "" : "\"");
}

/* ---- base64 ---- */

void leat_buf_put_base64(leat_buf *b, const void *data, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = data;
    char *to = leat_buf_reserve(b, (n + 2) / 3 * 4);
    if (to == NULL)
        return;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16;
        v |= i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0;
        v |= i + 2 < n ? p[i + 2] : 0;
        *to++ = digits[v >> 18];
        *to++ = digits[v >> 12 & 63];
        *to++ = i + 1 < n ? digits[v >> 6 & 63] : '=';
        *to++ = i + 2 < n ? digits[v & 63] : '=';
    }
    *to = '\0';
    b->size += (n + 2) / 3 * 4;
}

/* ---- CSV ---- */

void leat_csv_put(leat_buf *b, const char *text, size_t n)
{
    double number;
    bool formula = n > 0 && memchr("=+-@\t\r", *text, 6) != NULL && !leat_parse_f64_n(text, n, &number);
    bool quotes = n > 0 && (text[0] == ' ' || text[n - 1] == ' ' || text[0] == '\t' || text[n - 1] == '\t');
    for (size_t i = 0; i < n && !quotes; i++)
        quotes = text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r';
    if (quotes)
        leat_buf_putc(b, '"');
    if (formula)
        leat_buf_putc(b, '\'');
    for (size_t i = 0, length; i < n; i += LEAT_MAX(length, (size_t)1)) {
        const unsigned char *s = (const unsigned char *)text + i;
        uint32_t code;
        length = *s == '\0' ? 0 : utf8_character(s, n - i, &code);
        if (length == 0)
            leat_buf_printf(b, "\\x%02x", *s);
        else if (*s == '"')
            leat_buf_puts(b, "\"\"");
        else
            leat_buf_append(b, s, length);
    }
    if (quotes)
        leat_buf_putc(b, '"');
}
