/* fuzz-graph.c - any bytes as a graph file. The first byte says how: a GraphDef, a MetaGraphDef, a SavedModel, or a GraphDef to be
 * edited as bytes. An error with a message, or a graph that comes back the same when it is written and read again. */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "engine/files/graph-edit-private.h"
#include "leat.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

/* What was written is a fixed point: read and written again it is the same. */
static void check_again(const leat_graph *g)
{
    void *first, *second;
    size_t first_size, second_size;
    if (leat_graph_op_count(g) == 0)
        return;
    check(leat_export_graph_def(g, false, &first, &first_size) == LEAT_OK);
    leat_graph *again = leat_graph_new();
    check(leat_import_graph_def(again, first, first_size, NULL) == LEAT_OK);
    check(leat_export_graph_def(again, false, &second, &second_size) == LEAT_OK);
    check(first_size == second_size && memcmp(first, second, first_size) == 0);
    leat_graph_free(again);
    leat_free_bytes(first);
    leat_free_bytes(second);
}

static void import_graph(const uint8_t *bytes, size_t size)
{
    leat_graph *g = leat_graph_new();
    if (leat_import_graph_def(g, bytes, size, NULL) == LEAT_OK)
        check_again(g);
    else
        check(leat_message()[0] != '\0');
    leat_graph_free(g);
}

static void import_meta(const uint8_t *bytes, size_t size, bool saved_model)
{
    leat_meta_graph m = {0};
    leat_import_options o = {.size = sizeof o, .origin = "fuzz"};
    leat_graph *g = leat_graph_new();
    leat_buf_append(&m.file, bytes, size);
    leat_status status = saved_model ? leat_scan_saved_model(&m, "serve")
                                     : leat_scan_meta_graph(&m, leat_wire_from(m.file.data, m.file.size, 0));
    if (status == LEAT_OK)
        status = leat_import_opened(g, &m, &o);
    if (status == LEAT_OK)
        leat_signature_output(g, "serving_default", "y");
    else
        check(leat_message()[0] != '\0');
    leat_graph_free(g);
    leat_meta_graph_free(&m);
}

/* All nodes as outputs: nothing changes. The last one alone: an edit of the result changes nothing more. */
static void edit(const uint8_t *bytes, size_t size)
{
    leat_graph_edit e;
    leat_buf out = {0}, again = {0};
    leat_bytes last = {"", 0};
    leat_status status = leat_graph_edit_open(&e, bytes, size, 0);
    if (status == LEAT_OK && e.n > 0) {
        last = e.nodes[e.n - 1].name;
        status = leat_graph_edit_strip(&e, &last, 1);
    }
    if (status == LEAT_OK)
        status = leat_graph_edit_freeze(&e, NULL, NULL, 0, false);
    if (status == LEAT_OK)
        status = leat_graph_edit_write(&e, &out);
    leat_graph_edit_free(&e);
    if (status == LEAT_OK) {
        check(leat_graph_edit_open(&e, out.data, out.size, 0) == LEAT_OK);
        check(leat_graph_edit_write(&e, &again) == LEAT_OK);
        check(out.size == again.size && (out.size == 0 || memcmp(out.data, again.data, out.size) == 0));
        leat_graph_edit_free(&e);
    } else {
        check(leat_message()[0] != '\0');
    }
    leat_buf_free(&out);
    leat_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    switch (bytes[0] & 3) {
    case 0: import_graph(bytes + 1, size - 1); break;
    case 1: import_meta(bytes + 1, size - 1, false); break;
    case 2: import_meta(bytes + 1, size - 1, true); break;
    default: edit(bytes + 1, size - 1); break;
    }
    return 0;
}
