/* bundle-copy.h - a checkpoint read by the reader and written again by the writer: for tests against TensorFlow. */
#ifndef LEAT_BUNDLE_COPY_H
#define LEAT_BUNDLE_COPY_H

#include "engine/files/bundle-private.h"

typedef struct bundle_copy_options {
    int shards; /* 0: as many as there were, each tensor in the one it was in; else dealt out in turn */
    bool slice; /* tensors of rank 1 and more are written in two slices, cut in the middle of a dimension */
    bool snappy;
} bundle_copy_options;

/* Tensors are written in the order in which they stood in the data files. */
leat_status bundle_copy(const char *from, const char *to, const bundle_copy_options *options) LEAT_MUST_CHECK;

#endif
