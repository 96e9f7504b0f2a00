/* table-repair.h - puts the checksums of a mutated table right, so that a fuzzer gets past them. */
#ifndef LEAT_TABLE_REPAIR_H
#define LEAT_TABLE_REPAIR_H

#include <stddef.h>
#include <stdint.h>

/* In place, as far as the footer and the index block lead to blocks. Where `data` is given, the CRCs of the tensors
 * of a checkpoint's entries are put right too, as those of bytes of that data file. */
void table_repair(uint8_t *table, size_t size, const uint8_t *data, size_t data_size);

#endif
