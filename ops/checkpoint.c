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
            .kernels = {{.fn = save_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves,
            .flags = LEAT_OP_STATEFUL);

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

/* A restore under way: what is found of the checkpoint is read, all at once where that is possible. */
typedef struct restoring {
    leat_kernel *k;
    leat_bundle *bundle;
    leat_bundle_spec *spec;
    leat_bundle_want *wants;
    leat_shape *shapes;      /* of outputs, as found */
    leat_bundle_item *items; /* outputs of numbers that are stored whole and restored whole; */
    uint32_t *outputs;       /* which they are; */
    size_t n_items;
    uint32_t *others; /* and those that are read one by one */
    size_t n_others;
} restoring;

static leat_status open_restoring(restoring *r, leat_kernel *k, const char *prefix)
{
    size_t n = k->n_out + 1;
    r->k = k;
    r->spec = leat_alloc(sizeof *r->spec);
    r->wants = leat_alloc_zero(n, sizeof *r->wants);
    r->shapes = leat_alloc(n * sizeof *r->shapes);
    r->items = leat_alloc(n * sizeof *r->items);
    r->outputs = leat_alloc(n * sizeof *r->outputs);
    r->others = leat_alloc(n * sizeof *r->others);
    if (r->spec == NULL || r->wants == NULL || r->shapes == NULL || r->items == NULL || r->outputs == NULL ||
        r->others == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory to restore %u tensors", k->n_out);
    return told(k, leat_bundle_open(&r->bundle, prefix));
}

static void close_restoring(restoring *r)
{
    leat_bundle_close(r->bundle);
    leat_free(r->spec);
    leat_free(r->wants);
    leat_free(r->shapes);
    leat_free(r->items);
    leat_free(r->outputs);
    leat_free(r->others);
}

/* What is to become of output i, whose entry was found. */
static leat_status note_found(void *user, size_t i, const leat_bundle_entry *e)
{
    restoring *r = user;
    if (e->meta.rank > LEAT_MAX_RANK)
        return leat_fail(LEAT_ERR_UNIMPLEMENTED, "tensor '%s' has %d dimensions", e->name, e->meta.rank);
    r->shapes[i] = leat_shape_of(e->meta.rank, e->meta.dims);
    if (e->meta.slices > 0 || e->type->size == 0 || r->wants[i].rank >= 0) {
        r->others[r->n_others++] = (uint32_t)i;
        return LEAT_OK;
    }
    r->outputs[r->n_items] = (uint32_t)i;
    r->items[r->n_items++] = leat_bundle_item_of(e, r->wants[i].name, NULL);
    return LEAT_OK;
}

/* Finds them all; what is missing or different is told at once, before anything is read. */
static leat_status find_wanted(restoring *r)
{
    const leat_kernel *k = r->k;
    leat_arena arena = {0};
    leat_status status = LEAT_OK;
    for (uint32_t i = 0; i < k->n_out && status == LEAT_OK; i++) {
        leat_bundle_want *want = &r->wants[i];
        status = spec_of(k, i, r->spec);
        *want = (leat_bundle_want){.name = name_of(k, i), .dtype = (int)k->op->outputs[i].dtype, .rank = -1};
        if (status != LEAT_OK || r->spec->rank < 0)
            continue;
        size_t bytes = (size_t)r->spec->rank * sizeof(int64_t);
        int64_t *dims = leat_arena_alloc(&arena, bytes);
        if (dims == NULL)
            status = leat_fail_memory(bytes);
        else
            want->dims = memcpy(dims, r->spec->dims, bytes);
        want->rank = r->spec->rank;
    }
    if (status == LEAT_OK)
        status = told(k, leat_bundle_match(r->bundle, r->wants, k->n_out, note_found, r));
    leat_arena_free(&arena);
    return status;
}

enum { WORTH_A_SPAN = 4 << 20 }; /* bytes: two huge pages */

/* The outputs of the items from `begin` on that new memory of one span serves: one large tensor, or all the small ones that follow
 * each other. Large ones have their own, so that none keeps another's memory. Returns where the next begin. */
static leat_status make_outputs(restoring *r, size_t begin, size_t *end)
{
    size_t growth = 0, i = begin;
    for (; i < r->n_items && (i == begin || r->items[i].size < WORTH_A_SPAN); i++) {
        size_t bytes = leat_out_growth(r->k, (int)r->outputs[i], r->items[i].size);
        if (bytes > SIZE_MAX - growth || (i > begin && r->items[begin].size >= WORTH_A_SPAN))
            break;
        growth += bytes;
    }
    *end = i;
    leat_span *span = growth >= WORTH_A_SPAN ? leat_span_new(growth) : NULL;
    leat_status status = LEAT_OK;
    for (i = begin; i < *end && status == LEAT_OK; i++) {
        int output = (int)r->outputs[i];
        status = leat_out_new_in(r->k, output, &r->shapes[output], span);
        r->items[i].to = r->k->out[output].data;
    }
    leat_span_drop(span);
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

/* Strings, a tensor stored in slices, a slice. */
static leat_status restore_one(restoring *r, int i, leat_bundle_entry *e)
{
    leat_kernel *k = r->k;
    const char *name = name_of(k, (uint32_t)i);
    leat_bundle_spec *spec = r->spec;
    LEAT_TRY(spec_of(k, (uint32_t)i, spec));
    LEAT_TRY(told(k, leat_bundle_find(r->bundle, name, strlen(name), e)));
    leat_shape shape = r->shapes[i];
    if (spec->rank >= 0)
        slice_dims(spec, shape.dims);
    const leat_bundle_extent *region = spec->rank >= 0 ? spec->extents : NULL;
    LEAT_TRY(leat_out_new(k, i, &shape));
    leat_tensor *to = &k->out[i];
    if (to->dtype == LEAT_STRING)
        return told(k, read_strings(k, i, r->bundle, e, region));
    return told(k, leat_bundle_read(r->bundle, e, region, to->data, leat_tensor_bytes(to)));
}

static leat_status restore_found(restoring *r)
{
    for (size_t begin = 0; begin < r->n_items;)
        LEAT_TRY(make_outputs(r, begin, &begin));
    LEAT_TRY(told(r->k, leat_bundle_read_all(r->bundle, r->items, r->n_items)));
    leat_bundle_entry e = {0};
    leat_status status = LEAT_OK;
    for (size_t i = 0; i < r->n_others && status == LEAT_OK; i++)
        status = restore_one(r, (int)r->others[i], &e);
    leat_bundle_entry_free(&e);
    return status;
}

static leat_status restore_kernel(leat_kernel *k)
{
    const char *prefix;
    restoring r = {0};
    LEAT_TRY(check_names(k, k->n_out));
    LEAT_TRY(take_path(k, k->in[0], 0, &prefix));
    leat_status status = open_restoring(&r, k, prefix);
    if (status == LEAT_OK)
        status = find_wanted(&r);
    if (status == LEAT_OK)
        status = restore_found(&r);
    close_restoring(&r);
    return status;
}

const leat_op_def leat_op_RestoreV2 =
    LEAT_OP("RestoreV2(prefix: string, tensor_names: string, shape_and_slices: string) -> tensors: dtypes; "
            "dtypes: list(type) >= 1",
            .doc = "Reads tensors, or slices of such, from a checkpoint.", .shape = restore_shape,
            .kernels = {{.fn = restore_kernel}}, .gradient = leat_grad_none, .cost = leat_cost_moves,
            .flags = LEAT_OP_STATEFUL);

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
