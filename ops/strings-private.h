/* strings-private.h - what the ops on strings share. */
#ifndef LEAT_STRINGS_PRIVATE_H
#define LEAT_STRINGS_PRIVATE_H

#include "ops/ops-private.h"

static inline leat_bytes leat_string_at(const leat_tensor *t, int64_t i)
{
    const leat_string *s = (const leat_string *)t->data + i;
    return (leat_bytes){s->data != NULL ? s->data : "", s->size};
}
static inline bool leat_is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
/* Element i of an output of strings. */
leat_status leat_string_put(leat_kernel *k, int output, int64_t i, const leat_buf *b) LEAT_MUST_CHECK;

/* Element i of `out`, of a dtype of numbers, is the number that `text` spells, blanks around it allowed; false: it spells none.
 * A NUL follows the `size` bytes. The caller stands between leat_c_numbers_begin and _end. */
bool leat_string_number(const char *text, size_t size, leat_tensor *out, int64_t i);

/* Output 0: what `fn` appends to the buffer for each element of input 0. */
typedef leat_status leat_string_fn(leat_kernel *k, leat_bytes s, leat_buf *b);
leat_status leat_strings_map(leat_kernel *k, leat_string_fn *fn) LEAT_MUST_CHECK;

#endif
