/* fuzz-diagram.c - any bytes as a GraphDef: an error with a message, or a drawing. The first byte says
 * how. */
#include "config.h"
#include <stdlib.h>
#include "viz/graph-draw-private.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* graphviz never frees what it read of its configuration. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libgvc\nleak:gvconfig\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    leat_canvas *canvas;
    leat_canvas_options how = {.metrics = LEAT_METRICS_FIXED};
    leat_buf out = {0};
    if (size == 0)
        return 0;
    leat_plot_graph_options o = {
        .size = sizeof o, .depth = bytes[0] & 7, .color = bytes[0] & 8 ? LEAT_GRAPH_BY_DEVICE : 0};
    if (leat_canvas_new(&canvas, &leat_canvas_trace, &how) != LEAT_OK)
        abort();
    leat_status st = leat_plot_graph_on(canvas, bytes + 1, size - 1, &o);
    if (st == LEAT_OK)
        st = leat_canvas_finish(canvas, &out);
    if (st != LEAT_OK && leat_message()[0] == '\0')
        abort();
    leat_canvas_free(canvas);
    leat_buf_free(&out);
    return 0;
}
