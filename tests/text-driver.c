/* text-driver.c - for tests against protobuf's own text format: converts standard input to standard output.
 *     text-driver graph|meta|saved_model read|write */
#include <stdio.h>
#include <string.h>
#include "engine/files/graph-schema-private.h"

int main(int argc, char **argv)
{
    leat_buf in = {0}, out = {0};
    char block[65536];
    size_t n, unknown = 0;
    if (argc != 3)
        return 2;
    while ((n = fread(block, 1, sizeof block, stdin)) > 0)
        leat_buf_append(&in, block, n);
    const leat_proto_message *m = strcmp(argv[1], "graph") == 0  ? leat_graph_def_message
                                  : strcmp(argv[1], "meta") == 0 ? leat_meta_graph_message
                                                                 : leat_saved_model_message;
    leat_status status = strcmp(argv[2], "read") == 0
                             ? leat_text_read(m, "stdin", in.data, in.size, &out, NULL)
                             : leat_text_write(m, in.data, in.size, &out, &unknown);
    if (status != LEAT_OK)
        fprintf(stderr, "%s\n", leat_message());
    else if (out.size > 0)
        fwrite(out.data, 1, out.size, stdout);
    leat_buf_free(&in);
    leat_buf_free(&out);
    return status == LEAT_OK ? 0 : 1;
}
