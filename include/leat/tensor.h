/* leat/tensor.h - dtypes, shapes and tensors.
 *
 * A tensor is a dtype, a shape of up to LEAT_MAX_RANK dimensions and a C-order buffer. Tensors are reference
 * counted; counting is thread-safe. The content of a tensor that several threads see must not be changed.
 *
 * Source of the dtypes and their numbers: tensorflow/core/framework/types.proto. */
#ifndef LEAT_TENSOR_H
#define LEAT_TENSOR_H

#include <stdbool.h>
#include <stdint.h>
#include "leat/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Element types; the numbers are TensorFlow's DataType. X(enumerator, number, name, bytes). Leat computes with
 * the real numbers (half and bfloat16 through float), bool and string. The complex types are stored, saved and moved; computed with
 * in sums, differences, products and quotients, roots, exponentials and logarithms, sums and means over axes, and matrix products:
 * other ops say that they have no kernel for them. A resource is a name, a variant is refused. */
#define LEAT_DTYPE_LIST(X)                                                                                   \
    X(FLOAT, 1, "float32", 4)                                                                                \
    X(DOUBLE, 2, "float64", 8)                                                                               \
    X(INT32, 3, "int32", 4)                                                                                  \
    X(UINT8, 4, "uint8", 1)                                                                                  \
    X(INT16, 5, "int16", 2)                                                                                  \
    X(INT8, 6, "int8", 1)                                                                                    \
    X(STRING, 7, "string", 16)                                                                               \
    X(COMPLEX64, 8, "complex64", 8)                                                                          \
    X(INT64, 9, "int64", 8)                                                                                  \
    X(BOOL, 10, "bool", 1)                                                                                   \
    X(BFLOAT16, 14, "bfloat16", 2)                                                                           \
    X(UINT16, 17, "uint16", 2)                                                                               \
    X(COMPLEX128, 18, "complex128", 16)                                                                      \
    X(HALF, 19, "float16", 2)                                                                                \
    X(RESOURCE, 20, "resource", 8)                                                                           \
    X(VARIANT, 21, "variant", 8)                                                                             \
    X(UINT32, 22, "uint32", 4)                                                                               \
    X(UINT64, 23, "uint64", 8)

typedef enum leat_dtype {
    LEAT_DTYPE_NONE = 0,
#define LEAT_DTYPE_ENUM(enum_, number_, name_, bytes_) LEAT_##enum_ = number_,
    LEAT_DTYPE_LIST(LEAT_DTYPE_ENUM)
#undef LEAT_DTYPE_ENUM
} leat_dtype;

/* "float32", ...; "invalid" for a number that is no dtype. Static storage. */
LEAT_API const char *leat_dtype_name(leat_dtype dtype);
/* Bytes of one element; 0 for a number that is no dtype. */
LEAT_API size_t leat_dtype_size(leat_dtype dtype);

#define LEAT_MAX_RANK 8

/* A shape, by value. All zero is "nothing known". rank_plus_1 is the rank + 1; a dimension of -1 is unknown. */
typedef struct leat_shape {
    int32_t rank_plus_1;
    int64_t dims[LEAT_MAX_RANK];
} leat_shape;

/* Elements of a fully known shape (1 for a scalar); -1 where anything is unknown. */
LEAT_API int64_t leat_shape_elements(leat_shape shape);
/* The same rank and dimensions; an unknown one equals an unknown one only. */
LEAT_API bool leat_shape_equal(leat_shape a, leat_shape b);
/* Shape of `rank` dimensions copied from dims; rank -1 gives the unknown shape. rank is clamped to LEAT_MAX_RANK. */
LEAT_API leat_shape leat_shape_of(int rank, const int64_t *dims);
/* "(2, ?)", "()", "<unknown>" as TensorFlow prints it. Writes at most `size` bytes with the NUL; returns text. */
LEAT_API char *leat_shape_print(leat_shape shape, char *text, size_t size);

#ifndef __cplusplus
#define LEAT_SHAPE(...)                                                                                      \
    ((leat_shape){.rank_plus_1 = 1 + (int32_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),          \
                  .dims = {__VA_ARGS__}})
#define LEAT_SCALAR ((leat_shape){.rank_plus_1 = 1})
#define LEAT_UNKNOWN_SHAPE ((leat_shape){.rank_plus_1 = 0})
#else
#define LEAT_SCALAR (leat_shape{1, {}})
#define LEAT_UNKNOWN_SHAPE (leat_shape{0, {}})
#endif

typedef struct leat_tensor leat_tensor;

/* A new tensor, one reference, content undefined (strings: empty). The buffer is 64-byte aligned. NULL: out of
 * memory, or a shape that is not fully known, or too large; leat_message() says which. */
LEAT_API leat_tensor *leat_tensor_new(leat_dtype dtype, leat_shape shape);
/* The same with a copy of `data`: elements x dtype size bytes in C order; for LEAT_STRING an array of const char *. */
LEAT_API leat_tensor *leat_tensor_from(leat_dtype dtype, leat_shape shape, const void *data);
/* Uses the caller's buffer, which must stay until `free_data(data, user)` is called by the last unref (NULL: never).
 * Not for strings. NULL as above, and then the buffer stays the caller's. Kernels are fastest on 64-byte aligned buffers. */
LEAT_API leat_tensor *leat_tensor_wrap(leat_dtype dtype, leat_shape shape, void *data,
                                       void (*free_data)(void *data, void *user), void *user);
/* One more reference; returns the tensor. */
LEAT_API leat_tensor *leat_tensor_ref(leat_tensor *tensor);
/* One reference less; the last one frees tensor and buffer. NULL is fine. */
LEAT_API void leat_tensor_unref(leat_tensor *tensor);

LEAT_API leat_dtype leat_tensor_dtype(const leat_tensor *tensor);
LEAT_API leat_shape leat_tensor_shape(const leat_tensor *tensor);
LEAT_API int leat_tensor_rank(const leat_tensor *tensor);
LEAT_API int64_t leat_tensor_dim(const leat_tensor *tensor,
                                 int axis); /* negative: from the end; -1: no such axis */
LEAT_API int64_t leat_tensor_elements(const leat_tensor *tensor);
LEAT_API size_t leat_tensor_bytes(const leat_tensor *tensor); /* of the buffer: elements x leat_dtype_size */
/* The elements in C order: float * for LEAT_FLOAT, bool * for LEAT_BOOL, ...; those of a string tensor are not for callers.
 * Lives as long as the tensor. Who holds the only reference may write. */
LEAT_API void *leat_tensor_data(const leat_tensor *tensor);
/* Element i of a string tensor, NUL-terminated, and its length without the NUL (size may be NULL); "" where there is none.
 * Lives until the element is set or the tensor freed. */
LEAT_API const char *leat_tensor_string(const leat_tensor *tensor, int64_t i, size_t *size);
/* Copies `size` bytes into element i. LEAT_ERR_INVALID_ARGUMENT for no string tensor or no such element; LEAT_ERR_NO_MEMORY. */
LEAT_API leat_status leat_tensor_set_string(leat_tensor *tensor, int64_t i, const char *bytes,
                                            size_t size) LEAT_MUST_CHECK;
/* The value as numpy prints it, such as "[[6 7 8]]" or "0.5"; long tensors are shortened with "...". Writes at
 * most `size` bytes with the NUL; returns text. */
LEAT_API char *leat_tensor_print(const leat_tensor *tensor, char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
