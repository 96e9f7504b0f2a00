/* graph-schema-private.h - the tables by which graphs become text and text becomes graphs. */
#ifndef LEAT_GRAPH_SCHEMA_PRIVATE_H
#define LEAT_GRAPH_SCHEMA_PRIVATE_H

#include "proto/text-private.h"

/* A NodeDef is a place: errors about nodes can name a line. */
extern const leat_proto_message *const leat_graph_def_message;
extern const leat_proto_message *const leat_meta_graph_message;
extern const leat_proto_message *const leat_saved_model_message;
/* A message whose field 1 is an AttrValue. */
extern const leat_proto_message *const leat_attr_value_message;

#endif
