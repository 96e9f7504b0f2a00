/* leat.c - the program. All it does is in tool.c, which the tests run with tables of their own. */
#include "tools/tool-private.h"

int main(int argc, char **argv)
{
    return leat_tool_main(argc, argv, leat_commands);
}
