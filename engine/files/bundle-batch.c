/* Reading the bytes of tensors that are stored whole: all that are wanted at once, so that threads can share the work. */
#include "config.h"
#include "bundle-reader-private.h"

#include "base/crc-private.h"
#include "read-crc-private.h"

leat_bundle_item leat_bundle_item_of(const leat_bundle_entry *e, const char *name, void *to)
{
    return (leat_bundle_item){.name = name,
                              .to = to,
                              .size = (size_t)e->meta.size,
                              .shard = (int)e->meta.shard,
                              .offset = (uint64_t)e->meta.offset,
                              .crc = e->meta.crc};
}

leat_status leat_bundle_read_all(leat_bundle *b, const leat_bundle_item *items, size_t count)
{
    leat_read_range *ranges = leat_alloc((count + 1) * sizeof *ranges);
    if (ranges == NULL)
        return leat_fail_memory(count * sizeof *ranges);
    for (size_t i = 0; i < count; i++)
        ranges[i] = (leat_read_range){.file = &b->shards[items[i].shard].file,
                                      .offset = items[i].offset,
                                      .to = items[i].to,
                                      .size = items[i].size};
    size_t done;
    leat_status status = leat_file_read_ranges(ranges, count, &done);
    if (status != LEAT_OK && done < count)
        status = leat_fail_context(status, "tensor '%s'", items[done].name);
    for (size_t i = 0; i < done; i++)
        if (leat_crc32c_mask(ranges[i].crc) != items[i].crc) {
            status = leat_fail(LEAT_ERR_DATA_LOSS, "%s:%llu: tensor '%s': the checksum does not match",
                               ranges[i].file->path, (unsigned long long)items[i].offset, items[i].name);
            break;
        }
    leat_free(ranges);
    return status;
}
