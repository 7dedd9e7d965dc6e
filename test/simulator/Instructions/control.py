# RUN: %python %s %t.folder
"""Branches, calls, returns and exits, uniform and divergent; what has no effect has none."""

import sys

from oracle import program as programs, simulator, table

FUNCTIONS = """
.func (.param .b32 result) double(.param .b32 given)
{
.reg .b32 %a;
ld.param.b32 %a, [given]; add.u32 %a, %a, %a; st.param.b32 [result], %a;
RETURN;
}
.func (.param .b32 result) clamp(.param .b32 given)
{
.reg .pred %p;
.reg .b32 %a;
ld.param.b32 %a, [given]; st.param.b32 [result], %a;
setp.lt.u32 %p, %a, 100;
@%p RETURN;
mov.b32 %a, 100; st.param.b32 [result], %a;
RETURN;
}
.func (.param .b32 result) sum(.param .b32 given)
{
.reg .pred %p;
.reg .b32 %a, %b;
ld.param.b32 %a, [given]; st.param.b32 [result], %a;
setp.eq.u32 %p, %a, 0;
@%p RETURN;
sub.u32 %b, %a, 1;
{ .param .b32 x; .param .b32 y; st.param.b32 [x], %b; CALL (y), sum, (x); ld.param.b32 %b, [y]; }
add.u32 %a, %a, %b; st.param.b32 [result], %a;
RETURN;
}
"""


def name_of(form, mods):
    return ".".join((form.opcode,) + mods)


def branch(program, name, tag, used_uniformly):
    """A loop whose length differs from thread to thread (the same for all with .uni), and an if."""
    count = "7" if used_uniformly else "%r1"
    program.emit("and.b32 %r1, %local, 15;", f"mov.b32 %r2, 0; mov.b32 %r3, {count};", f"loop{tag}:",
                 "add.u32 %r2, %r2, %r3; setp.ne.u32 %p1, %r3, 0; @%p1 sub.u32 %r3, %r3, 1;",
                 f"@%p1 {name} loop{tag};")  # fmt: skip
    total = lambda n: n * (n + 1) // 2  # noqa: E731
    program.store("%r2", 32, lambda t: total(7 if used_uniformly else t % program.threads & 15), f"{name} loop")
    if not used_uniformly:
        program.emit("mov.b32 %r2, 1;", f"@!%guard {name} else{tag};", "mov.b32 %r2, 2;", f"{name} end{tag};",
                     f"else{tag}:", "mov.b32 %r2, 3;", f"end{tag}:")  # fmt: skip
        program.store("%r2", 32, lambda t: 2 if program.guards[t] else 3, f"{name} if")


def indexed(program, name, tag, uniform):
    index = "mov.b32 %r1, 2;" if uniform else "rem.u32 %r1, %local, 4;"
    program.emit(index, "mov.b32 %r2, 9;", f"table{tag}: .branchtargets a{tag}, b{tag}, c{tag}, a{tag};",
                 f"{'' if uniform else '@%guard '}{name} %r1, table{tag};",
                 f"bra end{tag};", f"a{tag}: mov.b32 %r2, 10; bra end{tag};", f"b{tag}: mov.b32 %r2, 11;",
                 f"c{tag}: add.u32 %r2, %r2, 20;", f"end{tag}:")  # fmt: skip

    def expected(t):
        if uniform:
            return 29
        return {0: 10, 1: 31, 2: 29, 3: 10}[t % program.threads % 4] if program.guards[t] else 9

    program.store("%r2", 32, expected, name)


def call(program, name, uniform):
    results = {"double": lambda x: 2 * x, "clamp": lambda x: min(x, 100), "sum": lambda x: x * (x + 1) // 2}
    for function, value in results.items():
        for direct in (True, False):
            program.label += 1
            tag = program.label
            program.emit("mul.lo.u32 %r1, %local, 3;" if function != "sum" else "and.b32 %r1, %local, 31;",
                         "mov.b32 %r2, 77;", "" if uniform else f"@!%guard bra skip{tag};",
                         "{ .param .b32 x; .param .b32 y; st.param.b32 [x], %r1;")  # fmt: skip
            if direct:
                program.emit(f"{name} (y), {function}, (x);")
            else:
                program.emit(f"mov.u64 %d1, {function}; kind: .callprototype (.param .b32 _) _ (.param .b32 _);",
                             f"{name} (y), %d1, (x), kind;")  # fmt: skip
            program.emit("ld.param.b32 %r2, [y]; }", f"skip{tag}:")

            def expected(t, value=value, function=function):
                local = t % program.threads
                done = value(3 * local if function != "sum" else local & 31)
                return done if uniform or program.guards[t] else 77

            program.store("%r2", 32, expected, f"{name} {function} {'direct' if direct else 'indirect'}")


def main():
    family = ("bra", "brx", "call", "ret", "exit", "trap", "brkpt", "nanosleep", "pmevent",
              "griddepcontrol")  # fmt: skip
    forms = [form for form in table.forms() if form.opcode in family]
    used = []
    for uniform in (False, True):
        program = programs.Program(threads=88, blocks=3)
        suffix = ".uni" if uniform else ""
        program.label = 0
        # A function returns from within a branch, so its `ret` may be .uni only without one.
        module = FUNCTIONS.replace("@%p RETURN", "@%p ret").replace("RETURN", "ret" + suffix)
        program.module = module.replace("CALL", "call")
        for form in forms:
            for mods in form.combinations():
                if ("uni" in mods) != uniform and form.opcode in ("bra", "brx", "call", "ret"):
                    continue
                used.append((form, mods))
                name = name_of(form, mods)
                if form.opcode == "bra":
                    branch(program, name, len(used), uniform)
                elif form.opcode == "brx":
                    indexed(program, name, len(used), uniform)
                elif form.opcode == "call":
                    call(program, name, uniform)
                elif form.opcode in ("trap", "brkpt"):
                    program.emit("setp.ne.b32 %p1, %local, %local;", f"@%p1 {name};")
                elif form.opcode == "nanosleep":
                    program.emit(f"{name} %local;", f"@%guard {name} 20;")
                elif form.opcode == "griddepcontrol":  # no grid depends on another here
                    program.emit(f"{name};")
                elif form.opcode == "pmevent":
                    program.emit(f"{name} 5;")
        # Those that leave have stored nothing afterwards.
        program.store("%local", 32, lambda t: t % program.threads, "before exit")
        program.emit("@%guard exit;" if not uniform else "setp.lt.u32 %p1, %local, 32; @%p1 exit;")
        stays = lambda t: not (program.guards[t] if not uniform else t % program.threads < 32)  # noqa: E731
        program.store("%local", 32, lambda t: t % program.threads if stays(t) else 0xA5A5A5A5, "after exit")
        program.run(sys.argv[1], f"control{suffix}")
    table.require(forms, used)

    # trap ends the kernel with a report.
    text = f"{simulator.HEADER}.visible .entry k(.param .u64 a) {{ trap; ret; }}\n"
    simulator.run(sys.argv[1], "trap", text, 1, 32, {"a": bytes(4)}, expect=5)


main()
