#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes cpp/container/syscalls_table.h from the kernel's own user headers.

    scripts/syscall-table.py --x86 DIR --arm64 DIR --arm DIR > cpp/container/syscalls_table.h

Each DIR is the include folder that holds asm/unistd.h of that machine: on Debian
/usr/include/x86_64-linux-gnu, and usr/aarch64-linux-gnu/include and
usr/arm-linux-gnueabihf/include of the linux-libc-dev-*-cross packages. The headers may
be older than the kernels a container meets: NEWER adds what came since.
"""
import argparse
import re
import subprocess

COLUMNS = ('x86_64', 'i386', 'x32', 'aarch64', 'arm')
X32_BIT = 0x40000000

# From number 424 on every machine uses the same numbers.
NEWER_SHARED = {
    'cachestat': 451, 'fchmodat2': 452, 'map_shadow_stack': 453, 'futex_wake': 454,
    'futex_wait': 455, 'futex_requeue': 456, 'statmount': 457, 'listmount': 458,
    'lsm_get_self_attr': 459, 'lsm_set_self_attr': 460, 'lsm_list_modules': 461, 'mseal': 462,
    'setxattrat': 463, 'getxattrat': 464, 'listxattrat': 465, 'removexattrat': 466,
    'open_tree_attr': 467, 'file_getattr': 468, 'file_setattr': 469, 'listns': 470,
}
NEWER_X86_64 = {'uretprobe': 335, 'uprobe': 336}


def macros(folder, header, *flags):
    """Every macro the header leaves defined, as name -> text."""
    command = ['cpp', '-nostdinc', '-undef', '-dM', '-I', folder, *flags, f'{folder}/{header}']
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(re.findall(r'^#define (\w+)[ \t]+(.+)$', text, re.MULTILINE))


def value(text, known):
    """The integer a macro text stands for, or None when it is not a plain sum."""
    for _ in range(8):
        text = re.sub(r'[A-Za-z_]\w*', lambda name: known.get(name[0], name[0]), text)
    if not re.fullmatch(r'[\s()+0-9a-fA-FxX]+', text):
        return None
    return eval(text, {'__builtins__': {}})  # digits, + and brackets only, by the line above


def numbers(known, prefix='__NR_'):
    found = {}
    for name, text in known.items():
        if name.startswith(prefix) and not name.endswith(('_BASE', '_MASK', '_end', '_syscalls')):
            number = value(text, known)
            if number is not None:
                found[name[len(prefix):]] = number
    return found


def x32(folder):
    known = macros(folder, 'asm/unistd_x32.h')
    known.setdefault('__X32_SYSCALL_BIT', hex(X32_BIT))
    return numbers(known)


def arm(folder):
    known = macros(folder, 'asm/unistd.h', '-D__ARM_EABI__')
    return {**numbers(known), **numbers(known, '__ARM_NR_')}


def arm64(folder):
    found = numbers(macros(folder, 'asm/unistd.h', '-D__aarch64__', '-D__LP64__',
                           '-D__BITS_PER_LONG=64'))
    # A marker of where a machine's own numbers may begin, no system call.
    return {name: n for name, n in found.items() if not name.startswith('arch_specific')}


def tables(options):
    found = {
        'x86_64': numbers(macros(options.x86, 'asm/unistd_64.h')),
        'i386': numbers(macros(options.x86, 'asm/unistd_32.h')),
        'x32': x32(options.x86),
        'aarch64': arm64(options.arm64),
        'arm': arm(options.arm),
    }
    for machine, table in found.items():
        bit = X32_BIT if machine == 'x32' else 0
        newer = dict(NEWER_SHARED)
        if machine in ('x86_64', 'x32'):
            newer.update(NEWER_X86_64)
        for name, number in newer.items():
            if table.setdefault(name, number + bit) != number + bit:
                raise SystemExit(f'{machine} {name}: header says {table[name]}, not {number}')
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for machine in ('x86', 'arm64', 'arm'):
        parser.add_argument(f'--{machine}', required=True)
    found = tables(parser.parse_args())
    names = sorted(set().union(*found.values()))
    print('// SPDX-License-Identifier: Apache-2.0')
    print('// Written by scripts/syscall-table.py, do not edit. Read through syscalls.h.')
    print('#pragma once\n\n#include <array>\n\n#include "container/syscalls.h"\n')
    print('namespace slipway {\n\n// clang-format off')
    print(f'inline constexpr std::array<SyscallRow, {len(names)}> kSyscallTable{{{{')
    print('    // ' + ', '.join(('name', *COLUMNS)))
    for name in names:
        row = (found[column].get(name, -1) for column in COLUMNS)
        print('    {"%s", {%s}},' % (name, ', '.join(map(str, row))))
    print('}};\n// clang-format on\n\n}  // namespace slipway')


if __name__ == '__main__':
    main()
