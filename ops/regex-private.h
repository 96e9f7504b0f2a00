/* regex-private.h - regular expressions of RE2's syntax, in time linear in the text: what the string ops of a graph need.
 *
 * Known: literals, ., [...] with ranges and [:classes:], \d \D \w \W \s \S \b \B \A \z, \n \t \r \f \v \a \xHH \x{H..}, \Q..\E,
 * groups (also (?:...), (?P<name>...), (?i) (?s) (?m) (?U) for what follows or (?i:...)), |, * + ? {m,n} and their lazy forms,
 * ^ $. Unknown: \p{...}, \C. Texts are UTF-8; bytes that are none count as one character each. */
#ifndef LEAT_REGEX_PRIVATE_H
#define LEAT_REGEX_PRIVATE_H

#include "base/base-private.h"

enum { LEAT_REGEX_GROUPS = 10 }; /* \0 to \9 */

typedef struct leat_regex leat_regex;

/* LEAT_ERR_INVALID_ARGUMENT with the reason where the pattern is none. */
leat_status leat_regex_new(leat_regex **regex, leat_bytes pattern) LEAT_MUST_CHECK;
void leat_regex_free(leat_regex *regex);
int leat_regex_groups(const leat_regex *regex); /* beside the whole */

/* The leftmost match from byte `start` on; `whole`: of the whole text only. groups[2 * i], [2 * i + 1]: the bytes that group i
 * matched, SIZE_MAX if it took no part; may be NULL. *matched says whether there is one. */
leat_status leat_regex_match(const leat_regex *regex, leat_bytes text, size_t start, bool whole,
                             bool *matched, size_t groups[2 * LEAT_REGEX_GROUPS]) LEAT_MUST_CHECK;

#endif
