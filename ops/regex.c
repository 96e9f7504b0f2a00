/* regex.c - the parser: a pattern becomes a program for regex-match.c.
 *
 * Recursive descent over an arena of instructions: each construct compiles to a fragment [begin, end) at the end of the program,
 * and an operator behind it inserts or copies instructions, whose targets are relative. Depth and size are bounded. */
#include <string.h>
#include "ops/regex-parts-private.h"

enum { MOST_CODE = 20000, MOST_DEPTH = 200, MOST_REPEAT = 1000, MOST_RANGES = 4000 };

typedef struct parser {
    leat_regex *r;
    const char *p, *end;
    int depth;
    bool fold, dot_all, multi_line, lazy; /* (?i) (?s) (?m) (?U) */
} parser;

static leat_status fail(const char *format, const char *detail)
{
    char text[160];
    snprintf(text, sizeof text, "%s%s", format, detail);
    return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "Invalid pattern: %s", text);
}

static leat_status emit(parser *ps, leat_regex_code code)
{
    leat_regex *r = ps->r;
    if (r->n_code >= MOST_CODE)
        return fail("it is too large", "");
    LEAT_TRY(leat_grow(&r->code, &r->code_capacity, r->n_code + 1, sizeof *r->code));
    r->code[r->n_code++] = code;
    return LEAT_OK;
}

/* Makes room for one instruction at `at`; jumps are relative and never cross the beginning of the fragment that moves. */
static leat_status insert(parser *ps, size_t at, leat_regex_code code)
{
    LEAT_TRY(emit(ps, code));
    memmove(&ps->r->code[at + 1], &ps->r->code[at], (ps->r->n_code - 1 - at) * sizeof code);
    ps->r->code[at] = code;
    return LEAT_OK;
}

/* ---- classes ---- */

static leat_status add_range(parser *ps, uint32_t low, uint32_t high)
{
    leat_regex *r = ps->r;
    if (r->n_ranges >= MOST_RANGES)
        return fail("it has too many character classes", "");
    LEAT_TRY(leat_grow(&r->ranges, &r->ranges_capacity, r->n_ranges + 1, sizeof *r->ranges));
    r->ranges[r->n_ranges++] = (leat_regex_range){low, high};
    return LEAT_OK;
}

static const struct {
    const char *name; /* of [:name:] or, one letter, of \letter */
    leat_regex_range ranges[4];
} classes[] = {
    {"d", {{'0', '9'}}},
    {"w", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
    {"s", {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}},
    {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
    {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
    {"ascii", {{1, 127}, {0, 0}}},
    {"blank", {{'\t', '\t'}, {' ', ' '}}},
    {"cntrl", {{1, 31}, {127, 127}}},
    {"digit", {{'0', '9'}}},
    {"graph", {{'!', '~'}}},
    {"lower", {{'a', 'z'}}},
    {"print", {{' ', '~'}}},
    {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
    {"space", {{'\t', '\r'}, {' ', ' '}}},
    {"upper", {{'A', 'Z'}}},
    {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
    {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
};

/* The class's ranges, or what lies between them; false: there is no such class. */
static leat_status add_class(parser *ps, const char *name, size_t n, bool negated, bool *found)
{
    uint32_t next = 0;
    size_t i = 0;
    while (i < LEAT_LEN(classes) && (strlen(classes[i].name) != n || memcmp(classes[i].name, name, n) != 0))
        i++;
    *found = i < LEAT_LEN(classes);
    for (int k = 0; *found && k < 4 && classes[i].ranges[k].high != 0; k++) {
        leat_regex_range range = classes[i].ranges[k];
        if (!negated)
            LEAT_TRY(add_range(ps, range.low, range.high));
        else if (range.low > next)
            LEAT_TRY(add_range(ps, next, range.low - 1));
        next = range.high + 1;
    }
    return *found && negated ? add_range(ps, next, UINT32_MAX) : LEAT_OK;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef",
               *at = c != '\0' ? strchr(digits, c | ('A' <= c && c <= 'F' ? 32 : 0)) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* Behind a backslash: a character. */
static leat_status escaped(parser *ps, uint32_t *c)
{
    static const char from[] = "ntrfva", to[] = "\n\t\r\f\v\a";
    if (ps->p == ps->end)
        return fail("trailing \\", "");
    char e = *ps->p++;
    const char *known = e != '\0' ? strchr(from, e) : NULL;
    if (known != NULL) {
        *c = (unsigned char)to[known - from];
    } else if (e == 'x') {
        bool braces = ps->p < ps->end && *ps->p == '{';
        ps->p += braces;
        *c = 0;
        int digits = 0;
        for (; ps->p < ps->end && hex_digit(*ps->p) >= 0 && digits < (braces ? 6 : 2); digits++)
            *c = *c * 16 + (uint32_t)hex_digit(*ps->p++);
        if (digits == 0 || (braces && (ps->p == ps->end || *ps->p++ != '}')) || (!braces && digits != 2))
            return fail("invalid escape sequence: ", "\\x");
    } else if ((e >= 'a' && e <= 'z') || (e >= 'A' && e <= 'Z') || (e >= '0' && e <= '9')) {
        return fail("invalid escape sequence: ", (char[]){'\\', e, '\0'});
    } else {
        ps->p--;
        *c = leat_regex_next(&ps->p, ps->end);
    }
    return LEAT_OK;
}

/* \d and the like, at the backslash; *found: it was one. */
static leat_status letter_class(parser *ps, bool *found)
{
    *found = false;
    if (ps->end - ps->p < 2 || ps->p[0] != '\\' || memchr("dDwWsS", ps->p[1], 6) == NULL)
        return LEAT_OK;
    char small = (char)(ps->p[1] | 32);
    bool negated = ps->p[1] != small;
    ps->p += 2;
    return add_class(ps, &small, 1, negated, found);
}

static leat_status class_char(parser *ps, uint32_t *c)
{
    if (*ps->p == '\\') {
        ps->p++;
        return escaped(ps, c);
    }
    *c = leat_regex_next(&ps->p, ps->end);
    return LEAT_OK;
}

/* [:name:] or a character or a range of them. */
static leat_status class_item(parser *ps)
{
    bool found;
    uint32_t low, high;
    LEAT_TRY(letter_class(ps, &found));
    if (found)
        return LEAT_OK;
    if (ps->end - ps->p > 2 && ps->p[0] == '[' && ps->p[1] == ':') {
        const char *name = ps->p + 2, *close = memchr(name, ':', (size_t)(ps->end - name));
        if (close != NULL && close + 1 < ps->end && close[1] == ']') {
            bool negated = *name == '^';
            ps->p = close + 2;
            LEAT_TRY(add_class(ps, name + negated, (size_t)(close - name) - negated, negated, &found));
            return found ? LEAT_OK : fail("invalid character class range", "");
        }
    }
    LEAT_TRY(class_char(ps, &low));
    high = low;
    if (ps->end - ps->p > 1 && ps->p[0] == '-' && ps->p[1] != ']') {
        ps->p++;
        LEAT_TRY(class_char(ps, &high));
        if (high < low)
            return fail("invalid character class range", "");
    }
    return add_range(ps, low, high);
}

static leat_status bracket(parser *ps)
{
    uint32_t first = (uint32_t)ps->r->n_ranges;
    bool negated = ps->p < ps->end && *ps->p == '^', begun = false;
    ps->p += negated;
    while (ps->p < ps->end && (*ps->p != ']' || !begun)) {
        begun = true;
        LEAT_TRY(class_item(ps));
    }
    if (ps->p == ps->end)
        return fail("missing ]", "");
    ps->p++;
    return emit(ps, (leat_regex_code){.op = LEAT_REGEX_CLASS,
                                      .fold = ps->fold,
                                      .negated = negated,
                                      .a = (int32_t)first,
                                      .b = (int32_t)ps->r->n_ranges});
}

/* ---- atoms ---- */

static leat_status alternatives(parser *ps);

static leat_status literal(parser *ps, uint32_t c)
{
    return emit(ps, (leat_regex_code){.op = LEAT_REGEX_CHAR, .fold = ps->fold, .a = (int32_t)c});
}

/* The flags of (?flags) or (?flags:...), up to the character that ends them. */
static leat_status flags(parser *ps)
{
    bool on = true;
    for (; ps->p < ps->end && *ps->p != ')' && *ps->p != ':'; ps->p++)
        switch (*ps->p) {
        case '-': on = false; break;
        case 'i': ps->fold = on; break;
        case 's': ps->dot_all = on; break;
        case 'm': ps->multi_line = on; break;
        case 'U': ps->lazy = on; break;
        default: return fail("invalid group syntax: (?", (char[]){*ps->p, '\0'});
        }
    return ps->p < ps->end ? LEAT_OK : fail("missing )", "");
}

/* Behind the opening parenthesis. */
static leat_status group(parser *ps)
{
    parser outer = *ps;
    int number = 0;
    if (ps->p < ps->end && *ps->p == '?') {
        ps->p++;
        if (ps->end - ps->p > 1 && ps->p[0] == 'P' && ps->p[1] == '<') {
            const char *close = memchr(ps->p, '>', (size_t)(ps->end - ps->p));
            if (close == NULL)
                return fail("invalid named capture group", "");
            ps->p = close + 1;
            number = ++ps->r->groups;
        } else {
            LEAT_TRY(flags(ps));
            if (*ps->p++ == ')')
                return LEAT_OK; /* they hold to the end of the group around */
        }
    } else {
        number = ++ps->r->groups;
    }
    if (++ps->depth > MOST_DEPTH)
        return fail("it is nested too deeply", "");
    if (number > 0)
        LEAT_TRY(emit(ps, (leat_regex_code){.op = LEAT_REGEX_SAVE, .a = 2 * number}));
    LEAT_TRY(alternatives(ps));
    if (ps->p == ps->end)
        return fail("missing )", "");
    ps->p++;
    if (number > 0)
        LEAT_TRY(emit(ps, (leat_regex_code){.op = LEAT_REGEX_SAVE, .a = 2 * number + 1}));
    outer.p = ps->p;
    *ps = outer;
    return LEAT_OK;
}

/* \Q...\E: every character for itself; the end of the pattern ends it, too. */
static leat_status quoted(parser *ps)
{
    while (ps->p < ps->end) {
        if (ps->end - ps->p > 1 && ps->p[0] == '\\' && ps->p[1] == 'E') {
            ps->p += 2;
            break;
        }
        LEAT_TRY(literal(ps, leat_regex_next(&ps->p, ps->end)));
    }
    return LEAT_OK;
}

static leat_status backslash(parser *ps)
{
    static const char anchors[] = "bBAz";
    uint32_t first = (uint32_t)ps->r->n_ranges, c;
    bool found;
    LEAT_TRY(letter_class(ps, &found));
    if (found)
        return emit(ps, (leat_regex_code){
                            .op = LEAT_REGEX_CLASS, .a = (int32_t)first, .b = (int32_t)ps->r->n_ranges});
    ps->p++;
    char e = ps->p < ps->end ? *ps->p : '\0';
    const char *anchor = e != '\0' ? strchr(anchors, e) : NULL;
    if (anchor != NULL) {
        static const uint8_t ops[] = {LEAT_REGEX_WORD, LEAT_REGEX_NOT_WORD, LEAT_REGEX_BEGIN, LEAT_REGEX_END};
        ps->p++;
        return emit(ps, (leat_regex_code){.op = ops[anchor - anchors]});
    }
    if (e == 'Q') {
        ps->p++;
        return quoted(ps);
    }
    LEAT_TRY(escaped(ps, &c));
    return literal(ps, c);
}

static leat_status atom(parser *ps)
{
    switch (*ps->p) {
    case '(': ps->p++; return group(ps);
    case '[': ps->p++; return bracket(ps);
    case '\\': return backslash(ps);
    case '.':
        ps->p++;
        return emit(ps, (leat_regex_code){.op = ps->dot_all ? LEAT_REGEX_ANY : LEAT_REGEX_ANY_IN_LINE});
    case '^':
        ps->p++;
        return emit(ps, (leat_regex_code){.op = ps->multi_line ? LEAT_REGEX_LINE_BEGIN : LEAT_REGEX_BEGIN});
    case '$':
        ps->p++;
        return emit(ps, (leat_regex_code){.op = ps->multi_line ? LEAT_REGEX_LINE_END : LEAT_REGEX_END});
    case '*':
    case '+':
    case '?': return fail("no argument for repetition operator: ", (char[]){*ps->p, '\0'});
    default: return literal(ps, leat_regex_next(&ps->p, ps->end));
    }
}

/* ---- repetition ---- */

/* {m}, {m,}, {m,n}: *max is -1 for no end. false: not one of these, and thus text. */
static bool counts(parser *ps, int *min, int *max)
{
    const char *p = ps->p + 1;
    int n[2] = {0, -1}, k = 0;
    for (; k < 2; k++) {
        bool digits = false;
        for (; p < ps->end && *p >= '0' && *p <= '9'; p++, digits = true)
            n[k] = LEAT_MIN((n[k] < 0 ? 0 : n[k]) * 10 + (*p - '0'), MOST_REPEAT + 1);
        if (k == 0 && !digits)
            return false;
        if (k == 1 || p == ps->end || *p != ',')
            break;
        p++;
    }
    if (p == ps->end || *p != '}')
        return false;
    *min = n[0];
    *max = k == 0 ? n[0] : n[1];
    ps->p = p + 1;
    return true;
}

static leat_regex_code split(bool lazy, int32_t first, int32_t second)
{
    return (leat_regex_code){.op = LEAT_REGEX_SPLIT, .a = lazy ? second : first, .b = lazy ? first : second};
}

/* A copy of a fragment, behind all. */
static leat_status again(parser *ps, size_t begin, size_t n)
{
    for (size_t i = 0; i < n; i++)
        LEAT_TRY(emit(ps, ps->r->code[begin + i]));
    return LEAT_OK;
}

/* The fragment from `begin` on, min to max times: min copies, then as many optional ones, or a loop. */
static leat_status repeat(parser *ps, size_t begin, int min, int max, bool lazy)
{
    size_t n = ps->r->n_code - begin;
    if (min > MOST_REPEAT || max > MOST_REPEAT || (max >= 0 && max < min))
        return fail("invalid repetition operator", "");
    if (max == 0) { /* nothing at all */
        ps->r->n_code = begin;
        return LEAT_OK;
    }
    if (n == 0)
        return LEAT_OK;
    for (int i = 1; i < min; i++)
        LEAT_TRY(again(ps, begin, n));
    if (max < 0) {
        size_t last =
            ps->r->n_code - n; /* of the last copy: x+ is x (again or on), x* puts a way round before it */
        LEAT_TRY(emit(ps, split(lazy, (int32_t)last - (int32_t)ps->r->n_code, 1)));
        return min > 0 ? LEAT_OK : insert(ps, begin, split(lazy, 1, (int32_t)n + 2));
    }
    size_t copy = begin + (min == 0);
    if (min == 0)
        LEAT_TRY(insert(ps, begin, split(lazy, 1, (int32_t)n + 1)));
    for (int i = LEAT_MAX(min, 1); i < max; i++) {
        LEAT_TRY(emit(ps, split(lazy, 1, (int32_t)n + 1)));
        LEAT_TRY(again(ps, copy, n));
    }
    return LEAT_OK;
}

static leat_status repeated(parser *ps)
{
    size_t begin = ps->r->n_code;
    LEAT_TRY(atom(ps));
    for (int times = 0; ps->p < ps->end; times++) {
        int min = *ps->p == '+', max = *ps->p == '?' ? 1 : -1;
        if (*ps->p == '{') {
            if (!counts(ps, &min, &max))
                return LEAT_OK;
        } else if (*ps->p == '*' || *ps->p == '+' || *ps->p == '?') {
            ps->p++;
        } else {
            return LEAT_OK;
        }
        if (times > 0)
            return fail("bad repetition operator", "");
        bool lazy = ps->p < ps->end && *ps->p == '?';
        ps->p += lazy;
        LEAT_TRY(repeat(ps, begin, min, max, lazy != ps->lazy));
    }
    return LEAT_OK;
}

/* a|b|c: split (a jump end) (split (b jump end) c): the splits stand before each alternative, the jumps behind it. */
static leat_status alternatives(parser *ps)
{
    size_t begin = ps->r->n_code, jumps = 0; /* a chain of jumps to the end, by .b the one before */
    for (;;) {
        while (ps->p < ps->end && *ps->p != '|' && *ps->p != ')')
            LEAT_TRY(repeated(ps));
        if (ps->p == ps->end || *ps->p == ')')
            break;
        ps->p++;
        LEAT_TRY(insert(ps, begin, split(false, 1, (int32_t)(ps->r->n_code - begin) + 2)));
        LEAT_TRY(emit(ps, (leat_regex_code){.op = LEAT_REGEX_JUMP, .b = (int32_t)jumps}));
        jumps = ps->r->n_code;
        begin = ps->r->n_code;
    }
    for (size_t at = jumps; at > 0;) {
        leat_regex_code *jump = &ps->r->code[at - 1];
        jump->a = (int32_t)(ps->r->n_code - (at - 1));
        at = (size_t)jump->b;
        jump->b = 0;
    }
    return LEAT_OK;
}

leat_status leat_regex_new(leat_regex **regex, leat_bytes pattern)
{
    leat_regex *r = *regex = leat_alloc_zero(1, sizeof *r);
    if (r == NULL)
        return leat_fail_memory(sizeof *r);
    parser ps = {.r = r, .p = pattern.data, .end = pattern.data + pattern.size};
    leat_status status = emit(&ps, (leat_regex_code){.op = LEAT_REGEX_SAVE, .a = 0});
    if (status == LEAT_OK)
        status = alternatives(&ps);
    if (status == LEAT_OK && ps.p < ps.end)
        status = fail("unexpected )", "");
    if (status == LEAT_OK)
        status = emit(&ps, (leat_regex_code){.op = LEAT_REGEX_SAVE, .a = 1});
    if (status == LEAT_OK)
        status = emit(&ps, (leat_regex_code){.op = LEAT_REGEX_MATCH});
    if (status != LEAT_OK) {
        leat_regex_free(r);
        *regex = NULL;
    }
    return status;
}

void leat_regex_free(leat_regex *r)
{
    if (r == NULL)
        return;
    leat_free(r->code);
    leat_free(r->ranges);
    leat_free(r);
}

int leat_regex_groups(const leat_regex *r)
{
    return r->groups;
}
