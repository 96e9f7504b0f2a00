/* import.h - for tests: graphs in protobuf's text format imported and evaluated. */
#ifndef LEAT_TESTS_IMPORT_H
#define LEAT_TESTS_IMPORT_H

#include <leat.h>

/* Nodes as text: a float constant, an op of one float input. */
#define CONST(name_, tensor_)                                                                                                               \
    "node { name: '" name_                                                                                                                  \
    "' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'value' value { tensor { dtype: DT_FLOAT float_val: " tensor_ \
    " } } } } "
#define UNARY(name_, op_, input_)                                                                            \
    "node { name: '" name_ "' op: '" op_ "' input: '" input_ "' attr { key: 'T' value { type: DT_FLOAT } } } "

leat_status import_text(leat_graph *g, const char *text, const leat_import_options *o);
double eval_name(leat_graph *g,
                 const char *name); /* of a scalar tensor; -999 and a failed check where there is none */

#endif
