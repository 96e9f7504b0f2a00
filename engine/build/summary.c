/* summary.c - summary nodes; summaries and graphs into event files. */
#include <string.h>
#include "build-private.h"
#include "leat/files.h"
#include "leat/summary.h"

static leat_graph *graph_of(leat_out x)
{
    return x.op != NULL && x.op->graph->status == LEAT_OK ? x.op->graph : NULL;
}

/* The tag is a string Const "<name>/tag"s of TensorFlow 1: the scope's full name, as it was asked for. */
static leat_out tag_of(leat_graph *g, const char *scope, const char *name, const char *node)
{
    char *full = *scope != '\0' ? leat_asprintf("%s/%s", scope, name) : leat_strdup(name);
    leat_tensor *t =
        full != NULL ? leat_tensor_from(LEAT_STRING, (leat_shape){.rank_plus_1 = 1}, &full) : NULL;
    leat_out out = leat_constant(
        (leat_constant_args){.size = sizeof(leat_constant_args), .graph = g, .value = t, .name = node});
    leat_tensor_unref(t);
    leat_free(full);
    return out;
}

static leat_out summary(const char *type, const char *name, leat_out value, int64_t max_images)
{
    leat_graph *g = graph_of(value);
    leat_out out = LEAT_NO_OUT;
    if (g == NULL)
        return out;
    const char *scope = leat_graph_scope(g)->name_scope;
    /* A tag may hold any text; a node's name may not. */
    const char *node = leat_name_valid(name, strlen(name)) ? name : "summary";
    LEAT_NAME_SCOPE (g, node) {
        leat_out tag = tag_of(g, scope, name, max_images > 0 ? "tag" : "tags");
        leat_op_builder *b = leat_op_begin(g, type, leat_scope_as_name(g));
        leat_op_add_input(b, tag);
        leat_op_add_input(b, value);
        if (max_images > 0)
            leat_op_set_int(b, "max_images", max_images);
        out.op = leat_op_end(b);
    }
    leat_collection_add(g, LEAT_SUMMARIES, out);
    return out;
}

leat_out leat_summary_scalar(const char *name, leat_out value)
{
    return summary("ScalarSummary", name, value, 0);
}

leat_out leat_summary_histogram(const char *name, leat_out values)
{
    return summary("HistogramSummary", name, values, 0);
}

leat_out leat_summary_image(const char *name, leat_out images, int64_t max_outputs)
{
    return summary("ImageSummary", name, images, max_outputs > 0 ? max_outputs : 3);
}

leat_out leat_summary_merge_all(leat_graph *g)
{
    size_t n = leat_collection_count(g, LEAT_SUMMARIES);
    leat_out *all = n > 0 ? leat_alloc(n * sizeof *all) : NULL;
    if (all == NULL)
        return LEAT_NO_OUT;
    for (size_t i = 0; i < n; i++)
        all[i] = leat_collection_get(g, LEAT_SUMMARIES, i);
    leat_out out = LEAT_NO_OUT;
    LEAT_NAME_SCOPE (g, "Merge") {
        leat_op_builder *b = leat_op_begin(g, "MergeSummary", NULL);
        leat_op_add_input_list(b, all, n);
        out.op = leat_op_end(b);
    }
    leat_free(all);
    return out;
}

leat_status leat_add_summary(leat_event_writer *writer, const leat_tensor *t, int64_t step)
{
    if (t == NULL || t->dtype != LEAT_STRING || t->elements != 1)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "leat_add_summary: one string is needed, as a summary node gives it");
    size_t size;
    const char *bytes = leat_tensor_string(t, 0, &size);
    return leat_event_writer_add_summary_bytes(writer, bytes, size, step);
}

leat_status leat_add_graph(leat_event_writer *writer, const leat_graph *graph)
{
    void *bytes;
    size_t size;
    LEAT_TRY(leat_export_graph_def(graph, true, &bytes, &size));
    leat_status status = leat_event_writer_add_graph_bytes(writer, bytes, size);
    leat_free_bytes(bytes);
    return status;
}
