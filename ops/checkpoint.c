/* checkpoint.c - the ops of a saver: SaveV2 and RestoreV2, and those that put the parts of a sharded saver together.
 *
 * A SaveV2 commits a checkpoint durably. One whose prefix comes from a ShardedFilename writes a part, which is
 * committed by the MergeV2Checkpoints that follows it. */
#include "ops/ops-private.h"

#include "engine/files/bundle-private.h"

static const leat_string *strings_of(const leat_tensor *t)
{
    return t->data;
}

/* A string of a tensor as text; a prefix with a NUL would name another file than it seems to. */
static leat_status take_path(const leat_kernel *k, const leat_tensor *t, int64_t i, const char **path)
{
    const leat_string *s = &strings_of(t)[i];
    *path = s->data != NULL ? s->data : "";
    if (s->size == 0 || strlen(*path) != s->size)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the prefix is empty, or has a NUL in it");
    return LEAT_OK;
}

/* Inputs 0 to 2 of SaveV2 and RestoreV2: prefix, names, shapes and slices of `count` tensors. */
static leat_status check_names(const leat_kernel *k, uint32_t count)
{
    if (k->in[0]->elements != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the prefix is not one string");
    for (int i = 1; i < 3; i++)
        if (k->in[i]->shape.rank_plus_1 != 2 || k->in[i]->elements != count)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%lld %s for %u tensors",
                                    (long long)k->in[i]->elements, i == 1 ? "names" : "shapes and slices",
                                    count);
    for (uint32_t i = 0; i < count; i++) {
        const leat_string *name = &strings_of(k->in[1])[i];
        if (name->size == 0 || strlen(name->data) != name->size)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "name %u is empty, or has a NUL in it", i);
    }
    return LEAT_OK;
}

static const char *name_of(const leat_kernel *k, uint32_t i)
{
    return strings_of(k->in[1])[i].data;
}

static leat_status spec_of(const leat_kernel *k, uint32_t i, leat_bundle_spec *spec)
{
    const leat_string *text = &strings_of(k->in[2])[i];
    if (leat_bundle_spec_parse(spec, text->data, text->size) == LEAT_OK)
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "tensor '%s': %s", name_of(k, i), leat_message());
}

/* The dimensions of the slice that a spec (rank >= 0) means. */
static void slice_dims(const leat_bundle_spec *spec, int64_t *dims)
{
    for (int i = 0; i < spec->rank; i++)
        dims[i] = spec->extents[i].length == -1 ? spec->dims[i] : spec->extents[i].length;
}

/* Gives an error of the files below the name of the node. */
static leat_status told(const leat_kernel *k, leat_status status)
{
    return status == LEAT_OK ? LEAT_OK : leat_kernel_fail(k, status, "%s", leat_message());
}

/* ---- SaveV2 ---- */

static leat_status add_tensor(const leat_kernel *k, uint32_t i, leat_bundle_writer *w, leat_bundle_spec *spec)
{
    const leat_tensor *t = k->in[3 + i];
    LEAT_TRY(spec_of(k, i, spec));
    leat_bundle_tensor b = {.name = name_of(k, i),
                            .dtype = (int)t->dtype,
                            .rank = leat_shape_rank(&t->shape),
                            .dims = t->shape.dims,
                            .data = t->data};
    if (spec->rank >= 0) {
        int64_t dims[LEAT_BUNDLE_RANK];
        slice_dims(spec, dims);
        if (spec->rank != b.rank || memcmp(dims, b.dims, (size_t)b.rank * sizeof *dims) != 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "tensor '%s' has not the shape of its slice", b.name);
        b.dims = spec->dims;
        b.slice = spec->extents;
    }
    if (t->dtype != LEAT_STRING)
        return told(k, leat_bundle_writer_add(w, &b));
    leat_bytes *strings = leat_alloc((size_t)t->elements * sizeof *strings);
    if (strings == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld strings", (long long)t->elements);
    for (int64_t s = 0; s < t->elements; s++)
        strings[s] = (leat_bytes){strings_of(t)[s].data, strings_of(t)[s].size};
    b.strings = strings;
    leat_status status = told(k, leat_bundle_writer_add(w, &b));
    leat_free(strings);
    return status;
}

static leat_status save_kernel(leat_kernel *k)
{
    uint32_t count = k->n_in - 3;
    const char *prefix;
    LEAT_TRY(check_names(k, count));
    LEAT_TRY(take_path(k, k->in[0], 0, &prefix));
    leat_bundle_spec *spec = leat_alloc(sizeof *spec);
    if (spec == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory to save");
    const leat_bundle_options options = {.staged =
                                             strcmp(k->op->inputs[0].op->type_name, "ShardedFilename") == 0};
    leat_bundle_writer *w = NULL;
    leat_status status = told(k, leat_bundle_writer_open(&w, prefix, &options));
    for (uint32_t i = 0; i < count && status == LEAT_OK; i++)
        status = add_tensor(k, i, w, spec);
    if (status == LEAT_OK)
        status = told(k, leat_bundle_writer_commit(w));
    else
        leat_bundle_writer_abandon(w);
    leat_free(spec);
    return status;
}

const leat_op_def leat_op_SaveV2 =
    LEAT_OP("SaveV2(prefix: string, tensor_names: string, shape_and_slices: string, tensors: dtypes); "
            "dtypes: list(type) >= 1",
            .doc = "Writes tensors, or slices of such, as a checkpoint.", .shape = leat_shape_none,
            .kernels = {{.fn = save_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL);

LEAT_ROW(SaveV2,
         "(string[] 'x', string[2] 'a' 'b', string[1] '', [float[2] 1 2]) fails '2 names for 1 tensors'");
LEAT_ROW(SaveV2, "(string[] '', string[1] 'a', string[1] '', [float[2] 1 2]) fails 'the prefix is empty'");
LEAT_ROW(SaveV2, "(string[] '/dev/null/x', string[1] 'a', string[1] '', [float[2] 1 2]) fails '/dev/null'");

/* ---- RestoreV2 ---- */

/* Where the graph says the slice, it says the shape of the output. */
static leat_status restore_shape(leat_infer *c)
{
    leat_tensor *specs = leat_infer_value(c, 2);
    leat_bundle_spec *spec = leat_alloc(sizeof *spec);
    leat_status status = spec != NULL ? LEAT_OK : leat_fail_memory(sizeof *spec);
    for (uint32_t i = 0; specs != NULL && i < c->op->n_outputs && (int64_t)i < specs->elements; i++) {
        const leat_string *text = &strings_of(specs)[i];
        int64_t dims[LEAT_BUNDLE_RANK];
        if (status != LEAT_OK || leat_bundle_spec_parse(spec, text->data, text->size) != LEAT_OK)
            break; /* the kernel says what is wrong */
        slice_dims(spec, dims);
        if (spec->rank >= 0 && spec->rank <= LEAT_MAX_RANK)
            c->out[i] = leat_shape_of(spec->rank, dims);
    }
    leat_free(spec);
    leat_tensor_unref(specs);
    return status;
}

/* All that is missing or different is told at once, before anything is read. */
static leat_status check_wanted(const leat_kernel *k, leat_bundle *b, leat_bundle_spec *spec)
{
    leat_bundle_want *wants = leat_alloc_zero(k->n_out, sizeof *wants);
    leat_arena arena = {0};
    leat_status status = wants != NULL ? LEAT_OK : leat_fail_memory(k->n_out * sizeof *wants);
    for (uint32_t i = 0; i < k->n_out && status == LEAT_OK; i++) {
        status = spec_of(k, i, spec);
        wants[i] =
            (leat_bundle_want){.name = name_of(k, i), .dtype = (int)k->op->outputs[i].dtype, .rank = -1};
        if (status != LEAT_OK || spec->rank < 0)
            continue;
        int64_t *dims = leat_arena_alloc(&arena, (size_t)(spec->rank + 1) * sizeof *dims);
        if (dims == NULL)
            status = leat_fail_memory((size_t)spec->rank * sizeof *dims);
        else
            wants[i].dims = memcpy(dims, spec->dims, (size_t)spec->rank * sizeof *dims);
        wants[i].rank = spec->rank;
    }
    if (status == LEAT_OK)
        status = told(k, leat_bundle_match(b, wants, k->n_out));
    leat_arena_free(&arena);
    leat_free(wants);
    return status;
}

static leat_status read_strings(leat_kernel *k, int i, leat_bundle *b, const leat_bundle_entry *e,
                                const leat_bundle_extent *region)
{
    leat_tensor *to = &k->out[i];
    leat_arena arena = {0};
    leat_bytes *strings = leat_alloc((size_t)to->elements * sizeof *strings);
    leat_status status = strings != NULL
                             ? leat_bundle_read_strings(b, e, region, strings, to->elements, &arena)
                             : leat_fail_memory((size_t)to->elements * sizeof *strings);
    for (int64_t s = 0; s < to->elements && status == LEAT_OK; s++)
        status = leat_tensor_set_string(to, s, strings[s].data, strings[s].size);
    leat_free(strings);
    leat_arena_free(&arena);
    return status;
}

enum { MOST = 512, LARGE = 8 << 20 }; /* tensors read together; bytes that one is read by itself from */

/* Tensors that were found and are not read yet. */
typedef struct waiting {
    leat_bundle_entry entries[MOST];
    leat_bundle_item items[MOST];
    size_t n, used; /* used: entries that hold something, at least */
} waiting;

static leat_status read_waiting(const leat_kernel *k, leat_bundle *b, waiting *w)
{
    size_t n = w->n;
    w->n = 0;
    return told(k, leat_bundle_read_all(b, w->items, n));
}

static leat_status restore_one(leat_kernel *k, int i, leat_bundle *b, waiting *w, leat_bundle_spec *spec)
{
    leat_bundle_entry *e = &w->entries[w->n];
    w->used = LEAT_MAX(w->used, w->n + 1);
    const char *name = name_of(k, (uint32_t)i);
    LEAT_TRY(spec_of(k, (uint32_t)i, spec));
    LEAT_TRY(told(k, leat_bundle_find(b, name, strlen(name), e)));
    if (e->meta.rank > LEAT_MAX_RANK)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "tensor '%s' has %d dimensions", name,
                                e->meta.rank);
    int64_t dims[LEAT_BUNDLE_RANK];
    if (spec->rank >= 0)
        slice_dims(spec, dims);
    leat_shape shape = leat_shape_of(e->meta.rank, spec->rank >= 0 ? dims : e->meta.dims);
    const leat_bundle_extent *region = spec->rank >= 0 ? spec->extents : NULL;
    LEAT_TRY(leat_out_new(k, i, &shape));
    leat_tensor *to = &k->out[i];
    if (to->dtype == LEAT_STRING)
        return told(k, read_strings(k, i, b, e, region));
    size_t bytes = (size_t)to->elements * leat_dtype_bytes(to->dtype);
    if (region != NULL || e->meta.slices > 0 || bytes >= LARGE)
        return told(k, leat_bundle_read(b, e, region, to->data, bytes));
    w->items[w->n++] = (leat_bundle_item){e, to->data, bytes};
    return w->n == MOST ? read_waiting(k, b, w) : LEAT_OK;
}

static leat_status restore_kernel(leat_kernel *k)
{
    const char *prefix;
    LEAT_TRY(check_names(k, k->n_out));
    LEAT_TRY(take_path(k, k->in[0], 0, &prefix));
    leat_bundle *b = NULL;
    waiting *w = leat_alloc_zero(1, sizeof *w);
    leat_bundle_spec *spec = leat_alloc(sizeof *spec);
    leat_status status = spec != NULL && w != NULL
                             ? told(k, leat_bundle_open(&b, prefix))
                             : leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory to restore");
    if (status == LEAT_OK)
        status = check_wanted(k, b, spec);
    for (uint32_t i = 0; i < k->n_out && status == LEAT_OK; i++)
        status = restore_one(k, (int)i, b, w, spec);
    if (status == LEAT_OK)
        status = read_waiting(k, b, w);
    for (size_t i = 0; w != NULL && i < w->used; i++)
        leat_bundle_entry_free(&w->entries[i]);
    leat_bundle_close(b);
    leat_free(w);
    leat_free(spec);
    return status;
}

const leat_op_def leat_op_RestoreV2 =
    LEAT_OP("RestoreV2(prefix: string, tensor_names: string, shape_and_slices: string) -> tensors: dtypes; "
            "dtypes: list(type) >= 1",
            .doc = "Reads tensors, or slices of such, from a checkpoint.", .shape = restore_shape,
            .kernels = {{.fn = restore_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL);

LEAT_ROW(
    RestoreV2,
    "(string[] '/nonexistent/x', string[1] 'a', string[1] '') {dtypes: [float]} fails '/nonexistent/x.index'");
LEAT_ROW(
    RestoreV2,
    "(string[] 'x', string[1] 'a', string[2] '' '') {dtypes: [float]} fails '2 shapes and slices for 1'");

/* ---- the parts of a sharded saver ---- */

static leat_status sharded_kernel(leat_kernel *k)
{
    for (int i = 0; i < 3; i++)
        if (k->in[i]->elements != 1)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "input %d is no scalar", i);
    const leat_string *base = strings_of(k->in[0]);
    leat_buf text = {0};
    leat_buf_append(&text, base->data, base->size);
    leat_buf_printf(&text, "-%05d-of-%05d", *(const int32_t *)k->in[1]->data,
                    *(const int32_t *)k->in[2]->data);
    leat_status status = leat_buf_status(&text);
    if (status == LEAT_OK)
        status = leat_out_new(k, 0, &LEAT_SCALAR);
    if (status == LEAT_OK)
        status = leat_tensor_set_string(&k->out[0], 0, text.data, text.size);
    leat_buf_free(&text);
    return status;
}

const leat_op_def leat_op_ShardedFilename =
    LEAT_OP("ShardedFilename(basename: string, shard: int32, num_shards: int32) -> filename: string",
            .doc = "The prefix of one part of a checkpoint: basename-SSSSS-of-NNNNN.",
            .shape = leat_shape_scalar, .kernels = {{.fn = sharded_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(ShardedFilename,
         "(string[] 'model_temp/part', int32[] 3, int32[] 12) -> string[] 'model_temp/part-00003-of-00012'");
LEAT_ROW(ShardedFilename, "(string[] '', int32[] 123456, int32[] 0) -> string[] '-123456-of-00000'");

static leat_status merge_kernel(leat_kernel *k)
{
    const char *to;
    int64_t count = k->in[0]->elements;
    if (k->in[1]->elements != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the destination is not one string");
    LEAT_TRY(take_path(k, k->in[1], 0, &to));
    const char **prefixes = leat_alloc((size_t)count * sizeof *prefixes);
    if (prefixes == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld prefixes", (long long)count);
    leat_status status = LEAT_OK;
    for (int64_t i = 0; i < count && status == LEAT_OK; i++)
        status = take_path(k, k->in[0], i, &prefixes[i]);
    if (status == LEAT_OK)
        status =
            told(k, leat_bundle_merge(prefixes, (size_t)count, to, leat_attr_bool(k->op, "delete_old_dirs")));
    leat_free(prefixes);
    return status;
}

const leat_op_def leat_op_MergeV2Checkpoints = LEAT_OP(
    "MergeV2Checkpoints(checkpoint_prefixes: string, destination_prefix: string); delete_old_dirs: bool = true; "
    "allow_missing_files: bool = false",
    .doc = "Commits the parts of a checkpoint as one.", .shape = leat_shape_none,
    .kernels = {{.fn = merge_kernel}}, .gradient = leat_grad_none, .flags = LEAT_OP_STATEFUL);

LEAT_ROW(MergeV2Checkpoints,
         "(string[1] '/nonexistent/part', string[] '/nonexistent/x') fails '/nonexistent/part.index'");
