/* data-type-private.h - TensorFlow's DataType numbers as its files hold them (tensorflow/core/framework/types.proto),
 * and what the file formats need to know about each. */
#ifndef LEAT_DATA_TYPE_PRIVATE_H
#define LEAT_DATA_TYPE_PRIVATE_H

#include "base/base-private.h"

/* X(enumerator, number, TensorFlow's name, bytes of an element: 0 where it has no fixed size, .npy descr or NULL).
 * Integers of less than a byte are stored one to a byte. */
#define LEAT_DATA_TYPE_LIST(X)                                                                               \
    X(FLOAT, 1, "float32", 4, "<f4")                                                                         \
    X(DOUBLE, 2, "float64", 8, "<f8")                                                                        \
    X(INT32, 3, "int32", 4, "<i4")                                                                           \
    X(UINT8, 4, "uint8", 1, "|u1")                                                                           \
    X(INT16, 5, "int16", 2, "<i2")                                                                           \
    X(INT8, 6, "int8", 1, "|i1")                                                                             \
    X(STRING, 7, "string", 0, NULL)                                                                          \
    X(COMPLEX64, 8, "complex64", 8, "<c8")                                                                   \
    X(INT64, 9, "int64", 8, "<i8")                                                                           \
    X(BOOL, 10, "bool", 1, "|b1")                                                                            \
    X(QINT8, 11, "qint8", 1, NULL)                                                                           \
    X(QUINT8, 12, "quint8", 1, NULL)                                                                         \
    X(QINT32, 13, "qint32", 4, NULL)                                                                         \
    X(BFLOAT16, 14, "bfloat16", 2, "<V2")                                                                    \
    X(QINT16, 15, "qint16", 2, NULL)                                                                         \
    X(QUINT16, 16, "quint16", 2, NULL)                                                                       \
    X(UINT16, 17, "uint16", 2, "<u2")                                                                        \
    X(COMPLEX128, 18, "complex128", 16, "<c16")                                                              \
    X(HALF, 19, "float16", 2, "<f2")                                                                         \
    X(RESOURCE, 20, "resource", 0, NULL)                                                                     \
    X(VARIANT, 21, "variant", 0, NULL)                                                                       \
    X(UINT32, 22, "uint32", 4, "<u4")                                                                        \
    X(UINT64, 23, "uint64", 8, "<u8")                                                                        \
    X(FLOAT8_E5M2, 24, "float8_e5m2", 1, NULL)                                                               \
    X(FLOAT8_E4M3FN, 25, "float8_e4m3fn", 1, NULL)                                                           \
    X(FLOAT8_E4M3FNUZ, 26, "float8_e4m3fnuz", 1, NULL)                                                       \
    X(FLOAT8_E4M3B11FNUZ, 27, "float8_e4m3b11fnuz", 1, NULL)                                                 \
    X(FLOAT8_E5M2FNUZ, 28, "float8_e5m2fnuz", 1, NULL)                                                       \
    X(INT4, 29, "int4", 1, NULL)                                                                             \
    X(UINT4, 30, "uint4", 1, NULL)                                                                           \
    X(INT2, 31, "int2", 1, NULL)                                                                             \
    X(UINT2, 32, "uint2", 1, NULL)                                                                           \
    X(FLOAT4_E2M1FN, 33, "float4_e2m1fn", 1, NULL)

enum {
#define LEAT_DATA_TYPE_ENUM(name_, number_, text_, size_, npy_) LEAT_DATA_TYPE_##name_ = number_,
    LEAT_DATA_TYPE_LIST(LEAT_DATA_TYPE_ENUM)
#undef LEAT_DATA_TYPE_ENUM
};

typedef struct leat_data_type {
    int number;
    const char *name;
    size_t size;
    const char *npy;
} leat_data_type;

/* NULL where the number is none of the list (reference types are not: no file holds one). */
const leat_data_type *leat_data_type_find(int64_t number);
const leat_data_type *leat_data_type_find_npy(const char *descr);

/* Elements of a shape. False where a dimension is negative, or the product of the dimensions that are not zero,
 * times `size` (0 counts as 1), overflows int64: such a shape is refused even when another dimension is zero. */
bool leat_dims_elements(const int64_t *dims, int rank, size_t size, int64_t *elements);

#endif
