#include "config.h"
#include "data-type-private.h"

#include <string.h>

static const leat_data_type types[] = {
#define LEAT_DATA_TYPE_ROW(name_, number_, text_, size_, npy_) {number_, text_, size_, npy_},
    LEAT_DATA_TYPE_LIST(LEAT_DATA_TYPE_ROW)
#undef LEAT_DATA_TYPE_ROW
};

const leat_data_type *leat_data_type_find(int64_t number)
{
    for (size_t i = 0; i < LEAT_LEN(types); i++)
        if (types[i].number == number)
            return &types[i];
    return NULL;
}

const leat_data_type *leat_data_type_find_npy(const char *descr)
{
    for (size_t i = 0; i < LEAT_LEN(types); i++)
        if (types[i].npy != NULL && strcmp(types[i].npy, descr) == 0)
            return &types[i];
    return NULL;
}

bool leat_dims_elements(const int64_t *dims, int rank, size_t size, int64_t *elements)
{
    int64_t product = size > 0 ? (int64_t)size : 1, count = 1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return false;
        if (dims[i] > 0 && __builtin_mul_overflow(product, dims[i], &product))
            return false;
        if (__builtin_mul_overflow(count, dims[i], &count))
            return false; /* not reached: count <= product, or zero */
    }
    *elements = count;
    return true;
}
