"""Which addresses a program's instructions form: constants followed through a function's straight line, as far as they are
moved, added to and dereferenced."""
import re

UNCONDITIONAL = ("b", "bx", "bxns")
STORES = ("str", "stm", "stmia", "stmdb", "push", "cmp", "cmn", "tst", "teq", "it", "b", "cbz", "cbnz", "svc", "udf", "nop",
          "dmb", "dsb", "isb", "msr")
CALL_CLOBBERS = ("r0", "r1", "r2", "r3", "ip", "lr")
ADDRESS = re.compile(r"\[(\w+)(?:, #(-?\d+))?\]")
TWO = re.compile(r"(\w+), #(-?\d+)$")
THREE = re.compile(r"(\w+), (\w+), #(-?\d+)$")
MASK = 0xFFFFFFFF


def is_store(name):
    return name in STORES or name.startswith(("str", "stm", "it", "cb", "bl"))


def literal(elf, each):
    """What a load relative to the program counter loads; None: something else."""
    match = re.search(r"\[pc, #(-?\d+)\]", each.operands)
    return elf.word((each.address & ~3) + 4 + int(match[1])) if match and each.name == "ldr" else None


def value_of(elf, each, known):
    """(value, is it formed as an address would be) of what the instruction leaves in its first operand."""
    if (value := literal(elf, each)) is not None:
        return value, True
    if each.name in ("mov", "movs", "movw") and (match := TWO.match(each.operands)):
        return int(match[2]) & MASK, False
    if each.name == "movt" and (match := TWO.match(each.operands)) and match[1] in known:
        return int(match[2]) << 16 | known[match[1]] & 0xFFFF, True
    if each.name in ("add", "adds", "addw", "sub", "subs", "subw"):
        sign = 1 if each.name.startswith("add") else -1
        if (match := THREE.match(each.operands)) and match[2] in known:
            return (known[match[2]] + sign * int(match[3])) & MASK, known[match[2]] > 0xFFFF
        if (match := TWO.match(each.operands)) and match[1] in known:
            return (known[match[1]] + sign * int(match[2])) & MASK, known[match[1]] > 0xFFFF
    if each.name in ("mov", "movs") and (match := re.match(r"\w+, (\w+)$", each.operands)) and match[1] in known:
        return known[match[1]], False
    return None, False


def forget(each, known):
    if each.name in ("pop", "ldm", "ldmia", "ldmdb"):
        for register in re.findall(r"\w+", each.operands):
            known.pop(register, None)
    elif each.name in ("bl", "blx"):
        for register in CALL_CLOBBERS:
            known.pop(register, None)
    elif not is_store(each.name):
        for register in re.findall(r"^(\w+)(?:, (\w+))?", each.operands)[:1]:
            known.pop(register[0], None)
            if each.name in ("ldrd", "umull", "smull", "umlal", "smlal"):
                known.pop(register[1], None)


def ends_line(each):
    return each.name in UNCONDITIONAL or (each.name == "pop" and "pc" in each.operands)


def addresses_in(elf, instructions):
    """(where, value) of each constant that the program forms like an address, or reads or writes through."""
    known, function = {}, None
    for each in instructions:
        if each.function != function:
            known, function = {}, each.function
        if (match := ADDRESS.search(each.operands)) and match[1] in known and "], #" not in each.operands:
            yield each.address, (known[match[1]] + int(match[2] or 0)) & MASK
        value, formed = value_of(elf, each, known)
        forget(each, known)
        if value is not None:
            known[re.match(r"\w+", each.operands)[0]] = value
            if formed:
                yield each.address, value
        if ends_line(each):
            known = {}
