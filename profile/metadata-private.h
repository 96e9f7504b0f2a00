/* metadata-private.h - the values of a node in a RunMetadata, both ways. */
#ifndef LEAT_METADATA_PRIVATE_H
#define LEAT_METADATA_PRIVATE_H

#include "profile/figures-private.h"
#include "proto/wire-private.h"

/* One NodeOutput, as a field of a NodeExecStats. */
void leat_put_output(leat_buf *out, const leat_profile_output *o);
/* Those of the NodeExecStats that `w` stands at the begin of; node->shapes too, where it is empty. Both lie in `arena`. */
leat_status leat_read_outputs(leat_profile_node *node, leat_wire w, leat_arena *arena) LEAT_MUST_CHECK;

#endif
