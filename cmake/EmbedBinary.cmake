# cmake -DINPUT=file -DOUTPUT=file.cpp -DNAME=identifier -P EmbedBinary.cmake
# Writes a C++ source that defines `extern const std::span<const ringshift::u8> ringshift::embedded::NAME` with the file's bytes.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT} "#include \"base/types.h\"\n#include <span>\nnamespace ringshift::embedded {\nstatic const u8 ${NAME}_bytes[] = {${bytes}};\nextern const std::span<const u8> ${NAME};\nconst std::span<const u8> ${NAME}(${NAME}_bytes);\n}\n")
