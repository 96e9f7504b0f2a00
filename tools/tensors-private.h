/* tensors-private.h - tensors of the command line: .npy files and values read and written, names of graphs looked up. */
#ifndef LEAT_TOOLS_TENSORS_PRIVATE_H
#define LEAT_TOOLS_TENSORS_PRIVATE_H

#include "leat.h"
#include "tools/tool-private.h"

leat_status leat_tensor_read_npy(const char *path, leat_tensor **out) LEAT_MUST_CHECK;
leat_status leat_tensor_write_npy(const char *path, const leat_tensor *t) LEAT_MUST_CHECK;
/* A number, a word, or a JSON array of them, as a tensor of this dtype. Never evaluated. */
leat_status leat_tensor_parse(const char *text, leat_dtype dtype, leat_tensor **out) LEAT_MUST_CHECK;

/* Splits "NAME=REST" into a copy of the name and where the rest begins (NULL if there is no '='). */
leat_status leat_split_name(const char *text, char **name, const char **rest) LEAT_MUST_CHECK;
/* "op", "op:1": LEAT_ERR_NOT_FOUND says what is near. */
leat_status leat_find_out(const leat_graph *g, const char *name, const char *what,
                          leat_out *out) LEAT_MUST_CHECK;
/* "op" or "op:0" as an op. */
leat_status leat_find_op(const leat_graph *g, const char *name, const char *what,
                         leat_op **op) LEAT_MUST_CHECK;

#endif
