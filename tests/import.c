/* import.c - graphs in protobuf's text format imported and evaluated. */
#include "import.h"
#include <string.h>
#include "check.h"
#include "engine/files/graph-schema-private.h"

leat_status import_text(leat_graph *g, const char *text, const leat_import_options *o)
{
    leat_buf wire = {0};
    leat_status status = leat_text_read(leat_graph_def_message, "test", text, strlen(text), &wire, NULL);
    if (status == LEAT_OK)
        status = leat_import_graph_def(g, wire.data, wire.size, o);
    leat_buf_free(&wire);
    return status;
}

double eval_name(leat_graph *g, const char *name)
{
    leat_session *s = leat_session_new(g, NULL);
    double value = -999;
    CHECK_OK(leat_eval_f64(s, leat_graph_get(g, name), &value));
    leat_session_free(s);
    return value;
}
