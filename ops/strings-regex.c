/* strings-regex.c - ops that match and replace by regular expressions. */
#include "ops/regex-private.h"
#include "ops/strings-private.h"

/* The op's pattern: an attribute of the static kinds, else input 1. */
static leat_status pattern_of(leat_kernel *k, leat_regex **regex)
{
    const leat_attr_value *attr = leat_attr(k->op, "pattern");
    leat_bytes text = {NULL, 0};
    if (attr != NULL) {
        text = (leat_bytes){attr->s != NULL ? attr->s : "", attr->n};
    } else {
        LEAT_TRY(leat_kernel_want_scalar(k, 1, "pattern"));
        text = leat_string_at(k->in[1], 0);
    }
    if (leat_regex_new(regex, text) == LEAT_OK)
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s, pattern: %.*s", leat_message(),
                            (int)LEAT_MIN(text.size, (size_t)200), text.data);
}

/* ---- full matches ---- */

static leat_status match_shape(leat_infer *c)
{
    c->out[0] = *c->in[0];
    return c->op->n_inputs > 1 ? leat_infer_want_rank(c, 1, 0) : LEAT_OK;
}

static leat_status match_kernel(leat_kernel *k)
{
    leat_regex *regex;
    LEAT_TRY(pattern_of(k, &regex));
    leat_status status = leat_out_new(k, 0, &k->in[0]->shape);
    for (int64_t i = 0; i < k->in[0]->elements && status == LEAT_OK; i++) {
        bool matched = false;
        status = leat_regex_match(regex, leat_string_at(k->in[0], i), 0, true, &matched, NULL);
        ((bool *)k->out[0].data)[i] = matched;
    }
    leat_regex_free(regex);
    return status;
}

const leat_op_def leat_op_StaticRegexFullMatch =
    LEAT_OP("StaticRegexFullMatch(input: string) -> output: bool; pattern: string",
            .doc = "Does the regular expression match the whole of each string?", .shape = match_shape,
            .kernels = {{match_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_RegexFullMatch =
    LEAT_OP("RegexFullMatch(input: string, pattern: string) -> output: bool",
            .doc = "Does the regular expression match the whole of each string?", .shape = match_shape,
            .kernels = {{match_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(StaticRegexFullMatch,
         "(string[3] 's3://a' 'as3://a' 's3:/') {pattern: '^s3://.*'} -> bool[3] true false false");
LEAT_ROW(StaticRegexFullMatch,
         "(string[5] 'ab' 'b' 'aab' 'ba' '') {pattern: 'a*b|ba'} -> bool[5] true true true true false");
LEAT_ROW(
    StaticRegexFullMatch,
    "(string[4] 'x1' 'x12' 'x123' 'x1234') {pattern: 'x[[:digit:]]{2,3}'} -> bool[4] false true true false");
LEAT_ROW(StaticRegexFullMatch,
         "(string[4] 'a-b' 'a_b' 'A]b' 'a b') {pattern: '(?i)a[^\x5Cw ]b'} -> bool[4] true false true false");
LEAT_ROW(StaticRegexFullMatch,
         "(string[3] 'abab' 'ababab' '') {pattern: '(?:ab){0,2}'} -> bool[3] true false true");
LEAT_ROW(
    StaticRegexFullMatch,
    "(string[3] 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' 'b' 'aab') {pattern: '(a*)*b'} -> bool[3] false true true");
LEAT_ROW(StaticRegexFullMatch, "(string[2] '\xC3\xA4' 'ab') {pattern: '.'} -> bool[2] true false");
LEAT_ROW(StaticRegexFullMatch, "(string[] 'a') {pattern: '(a'} fails 'missing )'");
LEAT_ROW(StaticRegexFullMatch, "(string[] 'a') {pattern: 'a{3,2}'} fails 'invalid repetition'");
LEAT_ROW(StaticRegexFullMatch, "(string[] 'a') {pattern: '*a'} fails 'no argument for repetition operator'");
LEAT_ROW(StaticRegexFullMatch, "(string[] 'a') {pattern: '((a{1000}){1000}){1000}'} fails 'too large'");
LEAT_ROW(RegexFullMatch, "(string[2] 'one two' 'one', string[] '\x5Cw+\x5Cs\x5Cw+') -> bool[2] true false");
LEAT_ROW(RegexFullMatch, "(string[1] 'a', string[2] 'a' 'b') fails ''");
LEAT_ROW(RegexFullMatch, "(string[1] 'a', string[1] 'a') fails ''");

/* ---- replacing ---- */

/* \0 to \9 in the rewrite name groups, \\ is a backslash. RE2, and so TensorFlow, replaces nothing where it names a group that the
 * pattern does not have; */
static bool has_groups(leat_bytes rewrite, const leat_regex *regex)
{
    for (size_t i = 0; i + 1 < rewrite.size; i++)
        if (rewrite.data[i] == '\\') {
            char c = rewrite.data[++i];
            if (c >= '0' && c <= '9' && c - '0' > leat_regex_groups(regex))
                return false;
        }
    return true;
}

/* and a backslash before anything else ends the rewrite: false. */
static bool put_rewrite(leat_buf *b, leat_bytes rewrite, leat_bytes text, const size_t *groups)
{
    for (size_t i = 0; i < rewrite.size; i++) {
        char c = rewrite.data[i];
        if (c != '\\') {
            leat_buf_putc(b, c);
        } else if (++i < rewrite.size && rewrite.data[i] == '\\') {
            leat_buf_putc(b, '\\');
        } else if (i >= rewrite.size || rewrite.data[i] < '0' || rewrite.data[i] > '9') {
            return false;
        } else {
            const size_t *g = groups + 2 * (rewrite.data[i] - '0');
            if (g[0] != SIZE_MAX && g[1] != SIZE_MAX)
                leat_buf_append(b, text.data + g[0], g[1] - g[0]);
        }
    }
    return true;
}

/* An empty match just behind the match before is none: it moves on by a character. */
static leat_status replace(const leat_regex *regex, leat_bytes text, leat_bytes rewrite, bool all,
                           leat_buf *b)
{
    size_t at = 0, last = SIZE_MAX, groups[2 * LEAT_REGEX_GROUPS];
    for (bool matched = true; at <= text.size;) {
        LEAT_TRY(leat_regex_match(regex, text, at, false, &matched, groups));
        if (!matched)
            break;
        leat_buf_append(b, text.data + at, groups[0] - at);
        at = groups[1];
        if (groups[0] == last && groups[1] == last) {
            if (at == text.size)
                return LEAT_OK;
            do
                leat_buf_putc(b, text.data[at++]);
            while (at < text.size && ((unsigned char)text.data[at] & 0xC0) == 0x80);
            continue;
        }
        if (!put_rewrite(b, rewrite, text, groups) &&
            !all) { /* one that fails is given up, of many each ends early */
            leat_buf_clear(b);
            at = 0;
        }
        last = at;
        if (!all)
            break;
    }
    if (at < text.size)
        leat_buf_append(b, text.data + at, text.size - at);
    return LEAT_OK;
}

static leat_status replace_all(leat_kernel *k, const leat_regex *regex, leat_bytes rewrite)
{
    bool all = leat_attr_bool(k->op, "replace_global");
    leat_buf b = {0};
    if (!has_groups(rewrite, regex))
        return leat_out_copy(k, 0, 0);
    leat_status status = leat_out_new(k, 0, &k->in[0]->shape);
    for (int64_t i = 0; i < k->in[0]->elements && status == LEAT_OK; i++) {
        leat_buf_clear(&b);
        status = replace(regex, leat_string_at(k->in[0], i), rewrite, all, &b);
        if (status == LEAT_OK)
            status = leat_string_put(k, 0, i, &b);
    }
    leat_buf_free(&b);
    return status;
}

static leat_status replace_kernel(leat_kernel *k)
{
    const leat_attr_value *attr = leat_attr(k->op, "rewrite");
    leat_regex *regex;
    if (attr == NULL)
        LEAT_TRY(leat_kernel_want_scalar(k, 2, "rewrite"));
    leat_bytes rewrite =
        attr != NULL ? (leat_bytes){attr->s != NULL ? attr->s : "", attr->n} : leat_string_at(k->in[2], 0);
    LEAT_TRY(pattern_of(k, &regex));
    leat_status status = replace_all(k, regex, rewrite);
    leat_regex_free(regex);
    return status;
}

static leat_status replace_shape(leat_infer *c)
{
    c->out[0] = *c->in[0];
    for (int i = 1; i < (int)c->op->n_inputs; i++)
        LEAT_TRY(leat_infer_want_rank(c, i, 0));
    return LEAT_OK;
}

const leat_op_def leat_op_StaticRegexReplace = LEAT_OP(
    "StaticRegexReplace(input: string) -> output: string; pattern: string; rewrite: string; replace_global: bool = true",
    .doc = "Puts the rewrite, in which \\1 is the first group, for every match (or the first).",
    .shape = replace_shape, .kernels = {{replace_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_RegexReplace = LEAT_OP(
    "RegexReplace(input: string, pattern: string, rewrite: string) -> output: string; replace_global: bool = true",
    .doc = "Puts the rewrite, in which \\1 is the first group, for every match (or the first).",
    .shape = replace_shape, .kernels = {{replace_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(StaticRegexReplace,
         "(string[3] 'banana' 'xyz' '') {pattern: 'a'; rewrite: 'oo'} -> string[3] 'boonoonoo' 'xyz' ''");
LEAT_ROW(StaticRegexReplace,
         "(string[1] 'banana') {pattern: 'a'; rewrite: 'oo'; replace_global: false} -> string[1] 'boonana'");
LEAT_ROW(
    StaticRegexReplace,
    "(string[1] 'john smith') {pattern: '(\x5Cw+) (\x5Cw+)'; rewrite: '\x5C2, \x5C1\x5C\x5C'} -> string[1] 'smith, john\x5C'");
LEAT_ROW(StaticRegexReplace, "(string[2] 'abc' '') {pattern: 'x*'; rewrite: '-'} -> string[2] '-a-b-c-' '-'");
LEAT_ROW(StaticRegexReplace,
         "(string[1] 'aXbXc') {pattern: '.*?X'; rewrite: '<\x5C0>'} -> string[1] '<aX><bX>c'");
LEAT_ROW(StaticRegexReplace,
         "(string[1] 'abcd') {pattern: '(a|ab)(c|bcd)?'; rewrite: '[\x5C1][\x5C2]'} -> string[1] '[a][bcd]'");
LEAT_ROW(StaticRegexReplace, "(string[1] 'a b') {pattern: '\x5Cb'; rewrite: '|'} -> string[1] '|a| |b|'");
LEAT_ROW(StaticRegexReplace, "(string[] 'a') {pattern: 'a'; rewrite: '\x5C1'} -> string[] 'a'");
LEAT_ROW(RegexReplace, "(string[1] 'a.b', string[] '[.]', string[] '') -> string[1] 'ab'");
LEAT_ROW(RegexReplace, "(string[1] 'a', string[] 'a', string[1] 'b') fails ''");
LEAT_ROW(RegexReplace, "(string[2] 'abca' 'b', string[] 'a', string[] 'u\x5C1') -> string[2] 'abca' 'b'");
LEAT_ROW(RegexReplace, "(string[2] 'abca' 'b', string[] 'a', string[] 'y\x5Cq') -> string[2] 'ybcy' 'b'");
LEAT_ROW(RegexReplace, "(string[2] 'abca' 'b', string[] 'a', string[] 'x\x5C') -> string[2] 'xbcx' 'b'");
LEAT_ROW(
    RegexReplace,
    "(string[2] 'abca' 'b', string[] 'a', string[] 'x\x5C') {replace_global: false} -> string[2] 'abca' 'b'");
