/* inspect-private.h - the parts of `leat inspect`. Each appends what it has to say. */
#ifndef LEAT_TOOLS_INSPECT_PRIVATE_H
#define LEAT_TOOLS_INSPECT_PRIVATE_H

#include "base/base-private.h"

leat_status leat_inspect_graph(const char *path, const char *tags, bool json, leat_buf *out) LEAT_MUST_CHECK;
leat_status leat_diff_graphs(const char *from, const char *to, bool json, leat_buf *out,
                             bool *differ) LEAT_MUST_CHECK;
leat_status leat_diff_checkpoints(const char *from, const char *to, bool json, leat_buf *out,
                                  bool *differ) LEAT_MUST_CHECK;

#endif
