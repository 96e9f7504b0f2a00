/* wrap-private.h - what the typed wrappers written by build-aux/scan-ops.awk stand on. */
#ifndef LEAT_WRAP_PRIVATE_H
#define LEAT_WRAP_PRIVATE_H

#include "engine/op-private.h"
#include "leat/keywords.h"

static inline leat_graph *leat_wrap_graph(leat_out out)
{
    return out.op != NULL ? out.op->graph : NULL;
}

static inline leat_graph *leat_wrap_list_graph(leat_out_list list)
{
    for (size_t i = 0; i < list.n; i++)
        if (list.items[i].op != NULL)
            return list.items[i].op->graph;
    return NULL;
}

/* leat_op_begin(NULL, ...) gives NULL, and every builder call on NULL does nothing. */
static inline leat_out leat_wrap_end(leat_op_builder *b)
{
    return (leat_out){leat_op_end(b), 0};
}

#endif
