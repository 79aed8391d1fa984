/* sopris-symbol: says where in the source an address is.
 *
 *     sopris-symbol FOLDER ADDRESS ELF...      files of the folder, by name; the address in hexadecimal
 * Prints two lines, "FUNCTION\n" and "FILE:LINE\n", each empty if unknown, of the first program that has code there.
 * Started by the core; what it reads can cost it its life and nothing else (sandbox.h). */
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "service/process/process.h"
#include "service/symbol/sandbox.h"

#define CPU_S_MAX 5
#define MEMORY_SIZE_BYTES_MAX (512u * 1024 * 1024)
#define ELF_COUNT_MAX 16

static void set_limits(void)
{
    const struct rlimit cpu = {CPU_S_MAX, CPU_S_MAX};
    const struct rlimit memory = {MEMORY_SIZE_BYTES_MAX, MEMORY_SIZE_BYTES_MAX};
    const struct rlimit none = {0, 0};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || setrlimit(RLIMIT_CPU, &cpu) != 0 ||
        setrlimit(RLIMIT_AS, &memory) != 0 || setrlimit(RLIMIT_FSIZE, &none) != 0 ||
        setrlimit(RLIMIT_CORE, &none) != 0) {
        process_fail("cannot set limits: %s", strerror(errno));
    }
}

static bool has_code_at(Elf *elf, GElf_Addr address)
{
    size_t count = 0;
    if (elf_getphdrnum(elf, &count) != 0) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, (int)index, &header) != NULL && header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0 &&
            address >= header.p_vaddr && address - header.p_vaddr < header.p_filesz) {
            return true;
        }
    }
    return false;
}

/* Bit 0 of a Thumb function's address says only that it is Thumb. */
static bool is_function_at(const GElf_Sym *symbol, GElf_Addr address)
{
    GElf_Addr start = symbol->st_value & ~(GElf_Addr)1;
    return GELF_ST_TYPE(symbol->st_info) == STT_FUNC && address >= start && address - start < symbol->st_size;
}

static const char *function_at(Elf *elf, GElf_Addr address)
{
    for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL; section = elf_nextscn(elf, section)) {
        GElf_Shdr header;
        Elf_Data *data = NULL;
        if (gelf_getshdr(section, &header) == NULL || header.sh_type != SHT_SYMTAB || header.sh_entsize == 0 ||
            (data = elf_getdata(section, NULL)) == NULL) {
            continue;
        }
        for (size_t index = 0; index < header.sh_size / header.sh_entsize; index++) {
            GElf_Sym symbol;
            if (gelf_getsym(data, (int)index, &symbol) != NULL && is_function_at(&symbol, address)) {
                return elf_strptr(elf, header.sh_link, symbol.st_name);
            }
        }
    }
    return NULL;
}

static const char *without_parents(const char *path)
{
    while (strncmp(path, "../", 3) == 0) {
        path += 3;
    }
    return path;
}

static void print_place(Elf *elf, GElf_Addr address)
{
    Dwarf *dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
    Dwarf_Die unit;
    Dwarf_Line *line = NULL;
    int number = 0;
    if (dwarf != NULL && dwarf_addrdie(dwarf, address, &unit) != NULL) {
        line = dwarf_getsrc_die(&unit, address);
    }
    const char *file = line == NULL ? NULL : dwarf_linesrc(line, NULL, NULL);
    if (file != NULL && dwarf_lineno(line, &number) == 0) {
        printf("%s:%d", without_parents(file), number);
    }
    puts("");
}

/* False: the address is not in this program. */
static bool look_up(int fd, GElf_Addr address)
{
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf == NULL || !has_code_at(elf, address)) {
        return false;
    }
    const char *function = function_at(elf, address);
    puts(function == NULL ? "" : function);
    print_place(elf, address);
    return true;
}

int main(int argument_count, char **arguments)
{
    int files[ELF_COUNT_MAX];
    process_name("symbol");
    process_harden();
    if (argument_count < 4 || argument_count > 3 + ELF_COUNT_MAX) {
        process_fail("this program is started by sopris-core");
    }
    set_limits();
    int file_count = argument_count - 3;
    int folder = open(arguments[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int index = 0; index < file_count; index++) {
        files[index] = openat(folder, arguments[3 + index], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (files[index] < 0) {
            process_fail("%s: %s", arguments[3 + index], strerror(errno));
        }
    }
    GElf_Addr address = strtoul(arguments[2], NULL, 16);
    if (elf_version(EV_CURRENT) == EV_NONE || !sandbox_enter()) {
        process_fail("the sandbox cannot be set up; nothing is looked up");
    }
    for (int index = 0; index < file_count; index++) {
        if (look_up(files[index], address)) {
            return 0;
        }
    }
    puts("\n");
    return 0;
}
