/* save-by-name.c - a session's variables as a checkpoint: by the saver that came with the graph, or by their names. */
#include <string.h>
#include "base/file-private.h"
#include "engine/files/graphdef-private.h"
#include "engine/files/saver-private.h"
#include "engine/session/session-private.h"

#undef leat_save

static leat_status add_variable(leat_bundle_writer *w, const char *name, const leat_tensor *t)
{
    leat_bytes *strings = NULL;
    leat_bundle_tensor b = {.name = name,
                            .dtype = (int)t->dtype,
                            .rank = leat_shape_rank(&t->shape),
                            .dims = t->shape.dims,
                            .data = t->data};
    if (t->dtype == LEAT_STRING) {
        b.strings = strings = leat_alloc_zero((size_t)t->elements + 1, sizeof *strings);
        if (strings == NULL)
            return leat_fail_memory((size_t)t->elements * sizeof *strings);
        for (int64_t i = 0; i < t->elements; i++)
            strings[i].data = leat_tensor_string(t, i, &strings[i].size);
    }
    leat_status status = leat_bundle_writer_add(w, &b);
    leat_free(strings);
    return status;
}

/* The name that restoring looks for. */
static const char *name_of(const leat_op *op)
{
    const char *shared = leat_attr_string(op, "shared_name");
    return strcmp(leat_op_type(op), "VarHandleOp") == 0 && *shared != '\0' ? shared : leat_op_name(op);
}

static leat_status add_variables(leat_session *s, leat_bundle_writer *w, size_t *saved)
{
    leat_graph *g = leat_session_graph(s);
    leat_map seen = {0}; /* two handles may share one variable */
    leat_status status = LEAT_OK;
    for (size_t i = 0; status == LEAT_OK && i < leat_graph_op_count(g); i++) {
        leat_op *op = leat_graph_op_at(g, i);
        leat_tensor *value = NULL;
        const char *name;
        if (!leat_op_is_variable(op))
            continue;
        name = name_of(op);
        if (leat_map_get(&seen, name, strlen(name)) != NULL)
            continue;
        status = leat_session_get_variable(s, op, &value);
        if (status == LEAT_OK && value != NULL) {
            status = add_variable(w, name, value);
            ++*saved;
        }
        leat_tensor_unref(value);
        if (status == LEAT_OK)
            status = leat_map_put(&seen, name, strlen(name), op);
    }
    leat_map_free(&seen);
    return status;
}

/* Names the checkpoint in the directory's state file, beside those that are there. */
static leat_status publish(const char *prefix)
{
    leat_checkpoint_keeper keeper;
    char *dir = leat_path_dir(prefix);
    if (dir == NULL)
        return leat_fail_memory(strlen(prefix));
    leat_checkpoint_keeper_init(&keeper, SIZE_MAX, 0, leat_wall_time());
    leat_status status = leat_checkpoint_keeper_add(&keeper, prefix, leat_wall_time());
    leat_checkpoint_keeper_free(&keeper);
    leat_free(dir);
    return status;
}

leat_status leat_save_by_name(leat_session *s, const char *prefix)
{
    leat_bundle_writer *w;
    size_t saved = 0;
    LEAT_TRY(leat_bundle_writer_open(&w, prefix, NULL));
    leat_status status = add_variables(s, w, &saved);
    if (status == LEAT_OK && saved == 0)
        status = leat_fail(LEAT_ERR_FAILED_PRECONDITION,
                           "%s: the session has no variable with a value to save", prefix);
    if (status != LEAT_OK) {
        leat_bundle_writer_abandon(w);
        return status;
    }
    LEAT_TRY(leat_bundle_writer_commit(w));
    return publish(prefix);
}

leat_status leat_save_by_saver(leat_session *s, const leat_meta_graph *m, const char *prefix)
{
    leat_saver *saver;
    LEAT_TRY(leat_saver_of(&saver, leat_session_graph(s), m, ""));
    if (saver == NULL)
        return leat_save_by_name(s, prefix);
    saver->deletes_none = true; /* one save is asked for, not a training's row of them */
    leat_status status = leat_save((leat_save_args){.size = sizeof(leat_save_args),
                                                    .saver = saver,
                                                    .session = s,
                                                    .path = prefix,
                                                    .global_step = LEAT_UNSET});
    leat_saver_free(saver);
    return status;
}
