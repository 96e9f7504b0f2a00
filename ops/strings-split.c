/* strings-split.c - StringSplit and StringSplitV2: the pieces of each string, as a sparse matrix. */
#include "ops/strings-private.h"

/* Finds the pieces of one string: each call gives the next one; false: there are no more. */
typedef struct splitter {
    leat_bytes text, separator;
    bool any_of;     /* of the separator's characters one separates, else the whole of it */
    bool skip_empty; /* pieces */
    int64_t left;    /* splits still to be made; negative: no limit */
    size_t at;       /* SIZE_MAX: done */
} splitter;

/* Bytes of the separator at `at`; 0: none. No separator means blanks, any number of them. */
static size_t separated(const splitter *s, size_t at)
{
    if (s->separator.size == 0) {
        size_t n = 0;
        while (at + n < s->text.size && leat_is_blank(s->text.data[at + n]))
            n++;
        return n;
    }
    if (s->any_of)
        return memchr(s->separator.data, s->text.data[at], s->separator.size) != NULL;
    return at + s->separator.size <= s->text.size &&
                   memcmp(s->text.data + at, s->separator.data, s->separator.size) == 0
               ? s->separator.size
               : 0;
}

static bool next_piece(splitter *s, leat_bytes *piece)
{
    while (s->at != SIZE_MAX) {
        size_t begin = s->at, end = begin, n = 0;
        while (s->left != 0 && end < s->text.size && (n = separated(s, end)) == 0)
            end++;
        if (s->left == 0)
            end = s->text.size;
        *piece = (leat_bytes){s->text.data + begin, end - begin};
        s->at = end < s->text.size ? end + n : SIZE_MAX;
        if (end > begin || !s->skip_empty || s->left == 0) {
            bool last_split = s->left == 1;
            s->left -= s->left > 0;
            if (last_split && s->skip_empty && s->at == SIZE_MAX)
                s->at =
                    s->text.size; /* TensorFlow's rest after the last split between blanks may be nothing */
            return true;
        }
    }
    return false;
}

static splitter splitter_of(const leat_kernel *k, int64_t i, bool v2)
{
    splitter s = {.text = leat_string_at(k->in[0], i), .separator = leat_string_at(k->in[1], 0)};
    if (v2) {
        s.left = leat_attr_int(k->op, "maxsplit");
        if (s.left == 0) /* no split: the text as it is */
            return s;
        s.skip_empty = s.separator.size == 0;
    } else {
        s.left = -1;
        s.any_of = true;
        s.skip_empty = leat_attr_bool(k->op, "skip_empty");
    }
    if (v2 && s.separator.size == 0) /* blanks before the first piece do not count as a split */
        s.at = separated(&s, 0);
    if (s.at == s.text.size && (s.skip_empty || !v2)) /* an empty text has one piece in V2 only */
        s.at = SIZE_MAX;
    return s;
}

/* Without a delimiter, StringSplit takes the characters apart (bytes, as TensorFlow does). */
static bool next_of(splitter *s, bool v2, leat_bytes *piece)
{
    if (v2 || s->separator.size > 0)
        return next_piece(s, piece);
    if (s->at == SIZE_MAX || s->at == s->text.size)
        return false;
    *piece = (leat_bytes){s->text.data + s->at++, 1};
    return true;
}

static leat_status split(leat_kernel *k, bool v2)
{
    const leat_tensor *in = k->in[0];
    int64_t total = 0, widest = 0;
    leat_bytes piece;
    if (leat_shape_rank(&in->shape) != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input must be a vector, got rank %d",
                                leat_shape_rank(&in->shape));
    if (leat_shape_rank(&k->in[1]->shape) != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s must be a scalar, got rank %d",
                                v2 ? "sep" : "delimiter", leat_shape_rank(&k->in[1]->shape));
    for (int64_t i = 0; i < in->elements; i++) {
        splitter s = splitter_of(k, i, v2);
        int64_t n = 0;
        while (next_of(&s, v2, &piece))
            n++;
        total += n;
        widest = LEAT_MAX(widest, n);
    }
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(total, 2)));
    LEAT_TRY(leat_out_new(k, 1, &LEAT_SHAPE(total)));
    LEAT_TRY(leat_out_new(k, 2, &LEAT_SHAPE(2)));
    int64_t *indices = k->out[0].data, at = 0;
    for (int64_t i = 0; i < in->elements; i++) {
        splitter s = splitter_of(k, i, v2);
        for (int64_t column = 0; next_of(&s, v2, &piece); column++, at++) {
            indices[2 * at] = i;
            indices[2 * at + 1] = column;
            LEAT_TRY(leat_string_set((leat_string *)k->out[1].data + at, piece.data, piece.size));
        }
    }
    ((int64_t *)k->out[2].data)[0] = in->elements;
    ((int64_t *)k->out[2].data)[1] = widest;
    return LEAT_OK;
}

static leat_status split_kernel(leat_kernel *k)
{
    return split(k, false);
}
static leat_status split_v2_kernel(leat_kernel *k)
{
    return split(k, true);
}

static leat_status split_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 1));
    LEAT_TRY(leat_infer_want_rank(c, 1, 0));
    c->out[0] = LEAT_SHAPE(-1, 2);
    c->out[1] = LEAT_SHAPE(-1);
    c->out[2] = LEAT_SHAPE(2);
    return LEAT_OK;
}

const leat_op_def leat_op_StringSplit =
    LEAT_OP("StringSplit(input: string, delimiter: string) -> indices: int64, values: string, shape: int64; "
            "skip_empty: bool = true",
            .doc = "The pieces of each string between any of the delimiter's characters, as a sparse matrix.",
            .shape = split_shape, .kernels = {{split_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_StringSplitV2 = LEAT_OP(
    "StringSplitV2(input: string, sep: string) -> indices: int64, values: string, shape: int64; maxsplit: int = -1",
    .doc = "The pieces of each string as Python's str.split gives them, as a sparse matrix.",
    .shape = split_shape, .kernels = {{split_v2_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(StringSplit,
         "(string[2] 'hello world' 'a b  c', string[] ' ') dynamic -> int64[5,2] 0 0 0 1 1 0 1 1 1 2, "
         "string[5] 'hello' 'world' 'a' 'b' 'c', int64[2] 2 3");
LEAT_ROW(StringSplit,
         "(string[2] 'a,;b' '', string[] ',;') {skip_empty: false} dynamic -> int64[3,2] 0 0 0 1 0 2, "
         "string[3] 'a' '' 'b', int64[2] 2 3");
LEAT_ROW(StringSplit,
         "(string[2] 'ab' '', string[] '') dynamic -> int64[2,2] 0 0 0 1, string[2] 'a' 'b', int64[2] 2 2");
LEAT_ROW(StringSplit, "(string[1] 'ab', string[1] ' ') fails ''");
LEAT_ROW(StringSplitV2, "(string[3] ' a  b ' '' 'c', string[] '') dynamic -> int64[3,2] 0 0 0 1 2 0, "
                        "string[3] 'a' 'b' 'c', int64[2] 3 2");
LEAT_ROW(StringSplitV2,
         "(string[2] '1<>2<><>3' '', string[] '<>') dynamic -> int64[5,2] 0 0 0 1 0 2 0 3 1 0, "
         "string[5] '1' '2' '' '3' '', int64[2] 2 4");
LEAT_ROW(StringSplitV2,
         "(string[3] ' a b ' '' ' ', string[] '') {maxsplit: 0} dynamic -> int64[3,2] 0 0 1 0 2 0, "
         "string[3] ' a b ' '' ' ', int64[2] 3 1");
LEAT_ROW(StringSplitV2, "(string[1] '1,2,3', string[] ',') {maxsplit: 1} dynamic -> int64[2,2] 0 0 0 1, "
                        "string[2] '1' '2,3', int64[2] 1 2");
LEAT_ROW(StringSplitV2, "(string[1] ' a b  c ', string[] '') {maxsplit: 1} dynamic -> int64[2,2] 0 0 0 1, "
                        "string[2] 'a' 'b  c ', int64[2] 1 2");
LEAT_ROW(StringSplitV2,
         "(string[2] 'a' 'b ', string[] '') {maxsplit: 1} dynamic -> int64[4,2] 0 0 0 1 1 0 1 1, "
         "string[4] 'a' '' 'b' '', int64[2] 2 2");
