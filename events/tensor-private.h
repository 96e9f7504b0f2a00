/* tensor-private.h - TensorProtos of summaries: numbers of every dtype as doubles, and strings. */
#ifndef LEAT_SUMMARY_TENSOR_PRIVATE_H
#define LEAT_SUMMARY_TENSOR_PRIVATE_H

#include "event-private.h"

#define LEAT_TENSOR_LARGEST_RANK 8

typedef struct leat_tensor_head {
    int dtype; /* enum leat_tensor_dtype */
    unsigned rank;
    uint64_t dims[LEAT_TENSOR_LARGEST_RANK];
    uint64_t elements;
    const uint8_t *content; /* tensor_content, if not empty */
    size_t content_size;
} leat_tensor_head;

/* dtype, shape and where the content is. false where it is malformed, of unknown rank, or of too many elements. */
bool leat_tensor_read_head(const leat_wire *tensor, leat_tensor_head *head) LEAT_PRIV(tensor_read_head);
/* The number, if the tensor holds exactly one. */
bool leat_tensor_one_number(const leat_wire *tensor, double *value) LEAT_PRIV(tensor_one_number);

/* All its numbers. A tensor may have more elements than values: the last one is repeated, as TensorFlow does, up to
 * LEAT_TENSOR_REPEATED elements (LEAT_ERR_OUT_OF_RANGE), for the message may be of a few bytes. LEAT_ERR_DATA_LOSS
 * where it is malformed or holds no numbers. The doubles are the caller's to leat_free. */
#define LEAT_TENSOR_REPEATED ((uint64_t)4096)
leat_status leat_tensor_numbers(const leat_wire *tensor, leat_tensor_head *head, double **values)
    LEAT_PRIV(tensor_numbers) LEAT_MUST_CHECK;

/* Its strings, in order: true and the next one, false at the end. *cursor starts as the tensor's own leat_wire. */
bool leat_tensor_next_string(leat_wire *cursor, const uint8_t **bytes, size_t *size)
    LEAT_PRIV(tensor_next_string);

#endif
