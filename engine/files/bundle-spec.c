/* "10 4 0,6:-": the shape of a whole tensor and the part of it that is meant, as savers write them into a graph.
 * Source: tensorflow/core/util/saved_tensor_slice_util, ParseShapeAndSlice. */
#include "config.h"
#include "bundle-private.h"

#include <string.h>

/* Takes a number of decimal digits. */
static bool take_number(const char **at, const char *end, int64_t *value)
{
    const char *start = *at;
    *value = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++)
        if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, **at - '0', value))
            return false;
    return *at > start;
}

static bool take_char(const char **at, const char *end, char c)
{
    if (*at == end || **at != c)
        return false;
    (*at)++;
    return true;
}

static const char *parse(leat_bundle_spec *s, const char *at, const char *end)
{
    const char *blank = end;
    while (blank > at && blank[-1] != ' ') /* the last word is the slice, those before are the shape */
        blank--;
    while (at < blank) {
        if (s->rank == LEAT_BUNDLE_RANK)
            return "it has more than 254 dimensions";
        if (!take_number(&at, end, &s->dims[s->rank++]) || !take_char(&at, end, ' '))
            return "a dimension is no number";
    }
    for (int i = 0; i < s->rank; i++) {
        leat_bundle_extent *e = &s->extents[i];
        *e = (leat_bundle_extent){0, -1};
        if (i > 0 && !take_char(&at, end, ':'))
            return "the slice has fewer dimensions than the shape";
        if (take_char(&at, end, '-'))
            continue;
        if (!take_number(&at, end, &e->start) || !take_char(&at, end, ',') ||
            !take_number(&at, end, &e->length))
            return "an extent is neither '-' nor 'start,length'";
        if (e->start > s->dims[i] || e->length > s->dims[i] - e->start)
            return "the slice reaches out of the shape";
    }
    return at == end && s->rank > 0 ? NULL : "the slice has more dimensions than the shape";
}

leat_status leat_bundle_spec_parse(leat_bundle_spec *s, const char *text, size_t size)
{
    s->rank = -1;
    if (size == 0)
        return LEAT_OK;
    s->rank = 0;
    const char *reason = parse(s, text, text + size);
    if (reason == NULL)
        return LEAT_OK;
    return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "shape and slice '%.*s': %s",
                     (int)LEAT_MIN(size, (size_t)1000), text, reason);
}
