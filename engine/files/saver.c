/* saver.c - tf.train.Saver: its nodes, saving, restoring. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file-private.h"
#include "engine/build/build-private.h"
#include "engine/files/checkpoint-private.h"
#include "engine/files/graphdef-private.h"
#include "engine/files/saver-private.h"

#undef leat_saver_new
#undef leat_save

/* ---- the nodes ---- */

typedef struct list {
    leat_out *variables;
    char **names;
    size_t n;
} list;

static leat_status take_list(const leat_saver_args *args, list *l)
{
    leat_graph *g = args->graph;
    size_t n =
        args->var_list.items != NULL ? args->var_list.n : leat_collection_count(g, LEAT_GLOBAL_VARIABLES);
    l->variables = leat_alloc_zero(n + 1, sizeof *l->variables);
    l->names = leat_alloc_zero(n + 1, sizeof *l->names);
    if (l->variables == NULL || l->names == NULL)
        return leat_fail_memory(n * sizeof *l->names);
    if (n == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "No variables to save");
    for (size_t i = 0; i < n; i++) {
        leat_out v = args->var_list.items != NULL ? args->var_list.items[i]
                                                  : leat_collection_get(g, LEAT_GLOBAL_VARIABLES, i);
        if (v.op == NULL || leat_graph_variable(g, v.op) == NULL)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "'%s' is no variable and can't be saved",
                             v.op != NULL ? v.op->name : "none");
        const char *name = args->names != NULL && args->var_list.items != NULL ? args->names[i] : v.op->name;
        l->names[i] = leat_strdup(name);
        if (l->names[i] == NULL)
            return leat_fail_memory(strlen(name));
        l->variables[i] = v;
        l->n++;
    }
    return LEAT_OK;
}

typedef struct entry {
    char *name;
    leat_out variable;
} entry;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

/* TensorFlow saves in the order of the names. */
static leat_status sort_list(list *l)
{
    entry *entries = leat_alloc((l->n + 1) * sizeof *entries);
    if (entries == NULL)
        return leat_fail_memory(l->n * sizeof *entries);
    for (size_t i = 0; i < l->n; i++)
        entries[i] = (entry){l->names[i], l->variables[i]};
    qsort(entries, l->n, sizeof *entries, by_name);
    for (size_t i = 0; i < l->n; i++) {
        l->names[i] = entries[i].name;
        l->variables[i] = entries[i].variable;
    }
    leat_free(entries);
    for (size_t i = 1; i < l->n; i++)
        if (strcmp(l->names[i - 1], l->names[i]) == 0)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "two variables would be saved as '%s'", l->names[i]);
    return LEAT_OK;
}

static leat_out string_const(leat_graph *g, const char *const *texts, size_t n, const char *name)
{
    leat_tensor *t = leat_tensor_from(LEAT_STRING, leat_shape_of(1, (int64_t[]){(int64_t)n}), texts);
    leat_out out = leat_constant(
        (leat_constant_args){.size = sizeof(leat_constant_args), .graph = g, .value = t, .name = name});
    leat_tensor_unref(t);
    return out;
}

static leat_out empty_strings(leat_graph *g, size_t n, const char *name)
{
    leat_tensor *t = leat_tensor_new(LEAT_STRING, leat_shape_of(1, (int64_t[]){(int64_t)n}));
    leat_out out = leat_constant(
        (leat_constant_args){.size = sizeof(leat_constant_args), .graph = g, .value = t, .name = name});
    leat_tensor_unref(t);
    return out;
}

static void build_filename(leat_graph *g, leat_saver *s)
{
    const char *model = "model";
    leat_tensor *t = leat_tensor_from(LEAT_STRING, (leat_shape){.rank_plus_1 = 1}, &model);
    leat_out input = leat_constant((leat_constant_args){
        .size = sizeof(leat_constant_args), .graph = g, .value = t, .name = "filename/input"});
    leat_tensor_unref(t);
    const char *const names[] = {"filename", "Const"};
    for (int i = 0; i < 2; i++) {
        leat_op_builder *b = leat_op_begin(g, "PlaceholderWithDefault", names[i]);
        leat_op_add_input(b, input);
        leat_op_set_shape(b, "shape", (leat_shape){.rank_plus_1 = 1});
        input = (leat_out){leat_op_end(b), 0};
    }
    s->filename = input;
}

static void build_save(leat_graph *g, leat_saver *s, const list *l)
{
    leat_out *values = leat_alloc((l->n + 1) * sizeof *values);
    if (values == NULL) {
        leat_graph_keep(g, leat_fail_memory(l->n * sizeof *values));
        return;
    }
    leat_out names = string_const(g, (const char *const *)l->names, l->n, "SaveV2/tensor_names");
    leat_out slices = empty_strings(g, l->n, "SaveV2/shape_and_slices");
    for (size_t i = 0; i < l->n;
         i++) /* a ref is read by the op itself, as in TensorFlow; a resource by its read */
        values[i] = leat_out_dtype(l->variables[i]) == LEAT_RESOURCE ? leat_variable_read(l->variables[i])
                                                                     : l->variables[i];
    leat_op_builder *b = leat_op_begin(g, "SaveV2", NULL);
    leat_op_add_input(b, s->filename);
    leat_op_add_input(b, names);
    leat_op_add_input(b, slices);
    leat_op_add_input_list(b, values, l->n);
    leat_op *save = leat_op_end(b);
    b = leat_op_begin(g, "Identity", "control_dependency");
    leat_op_add_input(b, s->filename);
    leat_op_add_control(b, save);
    s->save = (leat_out){leat_op_end(b), 0};
    leat_free(values);
}

static void build_restore(leat_graph *g, leat_saver *s, const list *l)
{
    leat_dtype *dtypes = leat_alloc((l->n + 1) * sizeof *dtypes);
    leat_op **assigns = leat_alloc_zero(l->n + 1, sizeof *assigns);
    if (dtypes == NULL || assigns == NULL) {
        leat_graph_keep(g, leat_fail_memory(l->n * sizeof *dtypes));
    } else {
        leat_out names = string_const(g, (const char *const *)l->names, l->n, "RestoreV2/tensor_names");
        leat_out slices = empty_strings(g, l->n, "RestoreV2/shape_and_slices");
        for (size_t i = 0; i < l->n; i++)
            dtypes[i] = leat_graph_variable(g, l->variables[i].op)->dtype;
        leat_op_builder *b = leat_op_begin(g, "RestoreV2", NULL);
        leat_op_add_input(b, s->filename);
        leat_op_add_input(b, names);
        leat_op_add_input(b, slices);
        leat_op_set_type_list(b, "dtypes", dtypes, l->n);
        leat_op *restore = leat_op_end(b);
        for (size_t i = 0; i < l->n; i++) {
            bool resource = leat_out_dtype(l->variables[i]) == LEAT_RESOURCE;
            b = leat_op_begin(g, resource ? "AssignVariableOp" : "Assign",
                              resource ? "AssignVariableOp" : "Assign");
            leat_op_add_input(b, l->variables[i]);
            leat_op_add_input(b, leat_op_output(restore, (int)i));
            assigns[i] = leat_op_end(b);
        }
        s->restore = leat_group(g, assigns, l->n, "restore_all");
    }
    leat_free(dtypes);
    leat_free(assigns);
}

leat_saver *leat_saver_new(leat_saver_args args)
{
    leat_graph *g = args.graph;
    list l = {0};
    if (leat_graph_status(g) != LEAT_OK) /* which says why */
        return NULL;
    leat_saver *s = leat_alloc_zero(1, sizeof *s);
    if (s == NULL) {
        leat_fail_memory(sizeof *s);
        return NULL;
    }
    s->graph = g;
    s->max_to_keep = args.max_to_keep;
    s->keep_hours = args.keep_checkpoint_every_n_hours;
    leat_status status = take_list(&args, &l);
    if (status == LEAT_OK)
        status = sort_list(&l);
    if (status == LEAT_OK)
        LEAT_NAME_SCOPE (g, args.name != NULL ? args.name : "save") {
            build_filename(g, s);
            build_save(g, s, &l);
            build_restore(g, s, &l);
        }
    else
        leat_graph_keep(g, status);
    for (size_t i = 0; i < l.n; i++)
        leat_free(l.names[i]);
    leat_free(l.names);
    leat_free(l.variables);
    if (g->status != LEAT_OK) {
        leat_saver_free(s);
        return NULL;
    }
    return s;
}

void leat_saver_free(leat_saver *s)
{
    if (s == NULL)
        return;
    if (s->keeping)
        leat_checkpoint_keeper_free(&s->keeper);
    leat_free(s->directory);
    leat_free(s);
}

/* ---- saving ---- */

static leat_status with_filename(leat_saver *s, leat_session *session, const char *path, bool save)
{
    leat_tensor *t = leat_tensor_from(LEAT_STRING, (leat_shape){.rank_plus_1 = 1}, &path);
    if (t == NULL)
        return LEAT_ERR_NO_MEMORY;
    leat_feed feed = {s->filename, t};
    leat_op *target = save ? s->save.op : s->restore;
    leat_status status = leat_run(session, (leat_feed_list){&feed, 1}, (leat_fetch_list){NULL, 0},
                                  (leat_target_list){&target, 1});
    leat_tensor_unref(t);
    return status;
}

/* The keeper belongs to one directory at a time. */
static leat_status keep_in(leat_saver *s, const char *prefix)
{
    char *dir = leat_path_dir(prefix);
    if (dir == NULL)
        return leat_fail_memory(strlen(prefix));
    if (s->keeping && strcmp(dir, s->directory) == 0) {
        leat_free(dir);
        return LEAT_OK;
    }
    if (s->keeping)
        leat_checkpoint_keeper_free(&s->keeper);
    leat_free(s->directory);
    s->directory = dir;
    s->keeping = true;
    size_t most = s->deletes_none ? SIZE_MAX : (size_t)LEAT_MAX(s->max_to_keep, 0);
    leat_checkpoint_keeper_init(&s->keeper, most, s->keep_hours, leat_wall_time());
    return LEAT_OK;
}

/* After a failure, whose message stays. */
static void drop_meta_graph(const char *path)
{
    char text[2048];
    snprintf(text, sizeof text, "%s", leat_message());
    (void)!leat_file_remove(path);
    (void)leat_fail(LEAT_ERR_INTERNAL, "%s", text);
}

leat_status leat_save(leat_save_args args)
{
    leat_saver *s = args.saver;
    if (s == NULL || args.session == NULL || args.path == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "leat_save: saver, session or path is NULL");
    LEAT_TRY(leat_graph_status(s->graph));
    if (args.global_step == LEAT_UNSET)
        LEAT_TRY(leat_bundle_check_prefix(args.path));
    char *prefix = args.global_step != LEAT_UNSET ? leat_asprintf("%s-%" PRId64, args.path, args.global_step)
                                                  : leat_strdup(args.path);
    char *meta = prefix != NULL ? leat_asprintf("%s.meta", prefix) : NULL;
    leat_status status = meta == NULL ? leat_fail_memory(strlen(args.path)) : keep_in(s, prefix);
    /* The meta graph comes first: the index, which is written last, commits a checkpoint that can be used without the program
     * that wrote it. */
    bool fresh = status == LEAT_OK && !args.no_meta_graph && leat_path_kind_of(meta) == LEAT_PATH_ABSENT;
    if (status == LEAT_OK && !args.no_meta_graph)
        status = leat_dir_make(s->directory, true);
    if (status == LEAT_OK && !args.no_meta_graph)
        status = leat_save_meta_graph(s->graph, s, meta);
    if (status == LEAT_OK) {
        status = with_filename(s, args.session, prefix, true);
        if (status != LEAT_OK && fresh)
            drop_meta_graph(meta);
    }
    if (status == LEAT_OK)
        status = leat_checkpoint_keeper_add(&s->keeper, prefix, leat_wall_time());
    if (status == LEAT_OK && args.saved_path != NULL)
        snprintf(args.saved_path, args.saved_path_size, "%s", prefix);
    leat_free(prefix);
    leat_free(meta);
    return status;
}

leat_status leat_restore(leat_saver *s, leat_session *session, const char *path)
{
    if (s == NULL || session == NULL || path == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "leat_restore: saver, session or path is NULL");
    LEAT_TRY(leat_graph_status(s->graph));
    LEAT_TRY(leat_restore_check(s->graph, s->restore, s->filename, path));
    return with_filename(s, session, path, false);
}

leat_status leat_latest_checkpoint(const char *directory, char *path, size_t size)
{
    char *prefix;
    LEAT_TRY(leat_checkpoint_latest(directory, &prefix));
    int n = snprintf(path, size, "%s", prefix);
    leat_free(prefix);
    return n >= 0 && (size_t)n < size ? LEAT_OK
                                      : leat_fail(LEAT_ERR_OUT_OF_RANGE, "the path needs %d bytes", n + 1);
}
