/* text-lex.c - words, numbers and strings of protobuf's text format. */
#include "config.h"
#include "text-lex-private.h"

#include <strings.h>

bool leat_lex_skip(leat_lexer *l)
{
    for (; l->at < l->end; l->at++) {
        if (*l->at == '\n') {
            l->line++;
            l->line_start = l->at + 1;
        } else if (*l->at == '#') {
            const char *newline = memchr(l->at, '\n', (size_t)(l->end - l->at));
            if (newline == NULL)
                newline = l->end;
            l->at = newline - 1;
        } else if (*l->at != ' ' && *l->at != '\t' && *l->at != '\r' && *l->at != '\v' && *l->at != '\f') {
            return true;
        }
    }
    return false;
}

bool leat_lex_take(leat_lexer *l, char c)
{
    if (!leat_lex_skip(l) || *l->at != c)
        return false;
    l->at++;
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

leat_bytes leat_lex_word(leat_lexer *l)
{
    leat_lex_skip(l);
    const char *start = l->at;
    bool number = start < l->end && (is_digit(*start) || *start == '.');
    bool hex = l->end - start > 1 && start[0] == '0' && (start[1] | 32) == 'x';
    while (l->at < l->end) {
        char c = *l->at;
        bool sign = (c == '+' || c == '-') && number && !hex && l->at > start && (l->at[-1] | 32) == 'e';
        if (!is_letter(c) && !is_digit(c) && c != '.' && !sign)
            break;
        l->at++;
    }
    return (leat_bytes){start, (size_t)(l->at - start)};
}

static bool is_of_url(char c)
{
    return is_letter(c) || is_digit(c) || c == '.' || c == '/' || c == '-' || c == '%' || c == '~';
}

const leat_proto_message *leat_proto_any_type(const leat_proto_any *any, leat_bytes url)
{
    size_t name = 0, package = strlen(any->package); /* where the name begins */
    for (size_t i = 0; i < url.size; i++) {
        if (!is_of_url(url.data[i]))
            return NULL;
        if (url.data[i] == '/')
            name = i + 1;
    }
    size_t n = url.size - name;
    const char *at = url.data + name;
    if (name == 0 || n <= package || memcmp(at, any->package, package) != 0)
        return NULL;
    at += package;
    n -= package;
    for (size_t i = 0; i < any->n; i++)
        if (strlen(any->types[i]->name) == n && memcmp(any->types[i]->name, at, n) == 0)
            return any->types[i];
    return NULL;
}

bool leat_lex_type_url(leat_lexer *l, leat_bytes *url)
{
    leat_lex_skip(l);
    const char *start = l->at;
    while (l->at < l->end && is_of_url(*l->at))
        l->at++;
    *url = (leat_bytes){start, (size_t)(l->at - start)};
    return leat_lex_take(l, ']');
}

leat_status leat_lex_fail(const leat_lexer *l, const char *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    leat_status status = leat_fail_v(LEAT_ERR_DATA_LOSS, format, args);
    va_end(args);
    return leat_fail_context(status, "%s:%u:%zu", l->origin, l->line, (size_t)(at - l->line_start) + 1);
}

leat_status leat_lex_unexpected(leat_lexer *l, const char *wanted)
{
    if (!leat_lex_skip(l))
        return leat_lex_fail(l, l->at, "the text ends where %s was expected", wanted);
    const char *start = l->at;
    leat_lexer probe = *l;
    leat_bytes word = leat_lex_word(&probe);
    return leat_lex_fail(l, start, "%s was expected, not '%.*s'", wanted,
                         (int)LEAT_MIN(LEAT_MAX(word.size, (size_t)1), (size_t)60), start);
}

leat_bytes leat_text_first_name(const char *text, size_t size)
{
    leat_lexer l = {.at = text, .end = text + size, .line_start = text, .line = 1};
    return leat_lex_word(&l);
}

bool leat_text_is_blank(const char *text, size_t size)
{
    leat_lexer l = {.at = text, .end = text + size, .line_start = text, .line = 1};
    return !leat_lex_skip(&l);
}

/* ---- numbers ---- */

static int digit_of(char c)
{
    return is_digit(c) ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 99;
}

/* 12, 0x1f, 017 */
static bool parse_unsigned(leat_bytes word, uint64_t *value)
{
    unsigned base = 10;
    size_t i = 0;
    if (word.size > 1 && word.data[0] == '0') {
        bool hex = (word.data[1] | 32) == 'x';
        base = hex ? 16 : 8;
        i = hex ? 2 : 1;
    }
    *value = 0;
    if (i == word.size)
        return false;
    for (; i < word.size; i++) {
        unsigned digit = (unsigned)digit_of(word.data[i]);
        if (digit >= base || __builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, digit, value))
            return false;
    }
    return true;
}

static bool is_word(leat_bytes word, const char *text)
{
    return word.size == strlen(text) && memcmp(word.data, text, word.size) == 0;
}

static const struct range {
    const char *name;
    uint64_t most, most_below; /* of the magnitude: above zero, and below */
} ranges[] = {
    [LEAT_PROTO_INT32] = {"an int32", INT32_MAX, UINT64_C(1) << 31},
    [LEAT_PROTO_INT64] = {"an int64", INT64_MAX, UINT64_C(1) << 63},
    [LEAT_PROTO_SINT64] = {"an int64", INT64_MAX, UINT64_C(1) << 63},
    [LEAT_PROTO_UINT32] = {"a uint32", UINT32_MAX, 0},
    [LEAT_PROTO_UINT64] = {"a uint64", UINT64_MAX, 0},
    [LEAT_PROTO_FIXED64] = {"a fixed64", UINT64_MAX, 0},
    [LEAT_PROTO_BOOL] = {"a bool", 1, 0},
    [LEAT_PROTO_ENUM] = {"an enum", INT32_MAX, UINT64_C(1) << 31},
};

static leat_status whole_number(const leat_lexer *l, const char *start, leat_bytes word, bool minus,
                                const leat_proto_field *f, uint64_t *bits)
{
    const struct range *r = &ranges[f->type];
    uint64_t value;
    if (!parse_unsigned(word, &value) || value > (minus ? r->most_below : r->most))
        return leat_lex_fail(l, start, "field '%s': '%s%.*s' is not %s, or out of its range", f->name,
                             minus ? "-" : "", (int)LEAT_MIN(word.size, (size_t)60), word.data, r->name);
    *bits = minus ? 0 - value : value;
    if (f->type == LEAT_PROTO_SINT64)
        *bits = *bits << 1 ^ (uint64_t)((int64_t)*bits >> 63);
    return LEAT_OK;
}

static leat_status real_number(const leat_lexer *l, const char *start, leat_bytes word, bool minus,
                               const leat_proto_field *f, uint64_t *bits)
{
    double value;
    size_t n = word.size;
    if (n > 1 && word.data[0] == '0' && is_digit(word.data[1])) /* 010: eight or ten? protobuf refuses it */
        return leat_lex_fail(l, start, "field '%s': '%.*s': a number that is not whole can't be octal",
                             f->name, (int)LEAT_MIN(word.size, (size_t)60), word.data);
    if ((is_digit(word.data[0]) || word.data[0] == '.') && n > 1 && (word.data[n - 1] | 32) == 'f')
        n--;
    if (!leat_parse_f64_n(word.data, n, &value))
        return leat_lex_fail(l, start, "field '%s': '%.*s' is no number, or out of range", f->name,
                             (int)LEAT_MIN(word.size, (size_t)60), word.data);
    if (minus)
        value = -value;
    *bits = 0;
    if (f->type == LEAT_PROTO_DOUBLE) {
        memcpy(bits, &value, sizeof value);
        return LEAT_OK;
    }
    float narrow = (float)value;
    memcpy(bits, &narrow, sizeof narrow);
    return LEAT_OK;
}

static leat_status enum_value(const leat_lexer *l, leat_bytes word, const leat_proto_field *f, uint64_t *bits)
{
    for (size_t i = 0; i < f->values->n; i++)
        if (is_word(word, f->values->values[i].name)) {
            *bits = (uint64_t)(int64_t)f->values->values[i].number;
            return LEAT_OK;
        }
    return leat_lex_fail(l, word.data, "field '%s': enum %s has no value '%.*s'", f->name, f->values->name,
                         (int)LEAT_MIN(word.size, (size_t)60), word.data);
}

leat_status leat_lex_number(leat_lexer *l, const leat_proto_field *f, uint64_t *bits)
{
    leat_lex_skip(l);
    const char *start = l->at;
    leat_lexer before = *l;
    bool minus = leat_lex_take(l, '-');
    leat_bytes word = leat_lex_word(l);
    if (word.size == 0)
        return leat_lex_unexpected(minus ? l : &before, "a value");
    if (l->line != before.line)
        return leat_lex_fail(&before, start, "field '%s': a sign without a number", f->name);
    if (f->type == LEAT_PROTO_FLOAT || f->type == LEAT_PROTO_DOUBLE)
        return real_number(l, start, word, minus, f, bits);
    if (!minus && f->type == LEAT_PROTO_BOOL && is_letter(word.data[0])) {
        *bits = is_word(word, "true") || is_word(word, "True") || is_word(word, "t");
        if (*bits || is_word(word, "false") || is_word(word, "False") || is_word(word, "f"))
            return LEAT_OK;
    }
    if (!minus && f->type == LEAT_PROTO_ENUM && is_letter(word.data[0]))
        return enum_value(l, word, f, bits);
    return whole_number(l, start, word, minus, f, bits);
}

/* ---- strings ---- */

static void put_utf8(leat_buf *out, uint32_t c)
{
    char bytes[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    bytes[0] = (char)(lead[n] | c);
    leat_buf_append(out, bytes, n);
}

/* Up to `most` digits of a base; *n says how many there were. */
static uint32_t take_digits(leat_lexer *l, unsigned base, unsigned most, unsigned *n)
{
    uint32_t value = 0;
    for (*n = 0; *n < most && l->at < l->end && (unsigned)digit_of(*l->at) < base; ++*n)
        value = value * base + (uint32_t)digit_of(*l->at++);
    return value;
}

/* Four hexadecimal digits, and a second surrogate's where the first is one; or eight. */
static leat_status unicode_escape(leat_lexer *l, const char *start, unsigned digits, leat_buf *out)
{
    unsigned n;
    uint32_t c = take_digits(l, 16, digits, &n);
    if (n == digits && c >= 0xd800 && c < 0xdc00 && l->end - l->at >= 6 && l->at[0] == '\\' &&
        l->at[1] == 'u') {
        l->at += 2;
        uint32_t low = take_digits(l, 16, 4, &n);
        c = n == 4 && low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00)
                                                    : 0xd800;
        n = digits;
    }
    if (n < digits || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return leat_lex_fail(l, start, "an escape that stands for no Unicode character");
    put_utf8(out, c);
    return LEAT_OK;
}

static leat_status escape(leat_lexer *l, leat_buf *out)
{
    static const char names[] = "abfnrtv\\'\"?", bytes[] = "\a\b\f\n\r\t\v\\'\"?";
    const char *start = l->at++; /* the backslash */
    unsigned n;
    if (l->at == l->end)
        return leat_lex_fail(l, start, "the text ends within a string");
    char c = *l->at;
    const char *simple = c != '\0' ? strchr(names, c) : NULL;
    if (simple != NULL) {
        leat_buf_putc(out, bytes[simple - names]);
        l->at++;
    } else if (c >= '0' && c <= '7') {
        uint32_t value = take_digits(l, 8, 3, &n);
        if (value > 255)
            return leat_lex_fail(l, start, "an octal escape of more than a byte");
        leat_buf_putc(out, (char)value);
    } else if (c == 'x' || c == 'X') {
        l->at++;
        uint32_t value = take_digits(l, 16, 2, &n);
        if (n == 0)
            return leat_lex_fail(l, start, "\\x without hexadecimal digits");
        leat_buf_putc(out, (char)value);
    } else if (c == 'u' || c == 'U') {
        l->at++;
        return unicode_escape(l, start, c == 'u' ? 4 : 8, out);
    } else {
        return leat_lex_fail(l, start, "an unknown escape: \\%c", c);
    }
    return LEAT_OK;
}

static leat_status literal(leat_lexer *l, leat_buf *out)
{
    const char *open = l->at++;
    char quote = *open;
    while (l->at < l->end) {
        const char *run = l->at;
        while (l->at < l->end && *l->at != quote && *l->at != '\\' && *l->at != '\n')
            l->at++;
        leat_buf_append(out, run, (size_t)(l->at - run));
        if (l->at == l->end || *l->at == '\n')
            break;
        if (*l->at == quote) {
            l->at++;
            return LEAT_OK;
        }
        LEAT_TRY(escape(l, out));
    }
    return leat_lex_fail(l, open, "a string that does not end on its line");
}

leat_status leat_lex_string(leat_lexer *l, leat_buf *out)
{
    bool any = false;
    while (leat_lex_skip(l) && (*l->at == '"' || *l->at == '\'')) {
        LEAT_TRY(literal(l, out));
        any = true;
    }
    return any ? LEAT_OK : leat_lex_unexpected(l, "a string in quotes");
}
