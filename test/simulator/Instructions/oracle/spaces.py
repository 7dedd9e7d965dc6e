"""The same bytes in every state space: thread t finds its region at t * REGION in each of them."""

from oracle.program import REGION, Program

FUNCTION = f"""
.func (.param .align 16 .b8 result[{REGION}]) same(.param .align 16 .b8 given[{REGION}])
{{
.reg .b32 %a<4>;
""" + "".join(
    f"ld.param.v4.b32 {{%a0, %a1, %a2, %a3}}, [given+{at}]; st.param.v4.b32 [result+{at}], {{%a0, %a1, %a2, %a3}};\n"
    for at in range(0, REGION, 16)
) + "ret;\n}\n"

# Where a space's base register is, and the space it is an address of.
BASES = {
    "global": "%mine", "shared": "%s", "shared::cta": "%s", "shared::cluster": "%s", "local": "%l",
    "const": "%c", "param": "%e", "param::entry": "%e",
}  # fmt: skip
GENERIC = {"global": "%mine", "shared": "%gs", "local": "%gl", "const": "%gc"}


def program(threads=62):
    size = threads * REGION
    made = Program(threads)
    numbers = ", ".join(str(byte) for byte in made.data)
    made.module = f"""
.const .align 16 .b8 constants[{size}] = {{{numbers}}};
.global .align 16 .b8 globals[{size}] = {{{numbers}}};
.shared .align 16 .b8 shareds[{size}];
{FUNCTION}"""
    made.parameters = f", .param .align 16 .b8 given[{size}]"
    copies = "".join(
        f"ld.global.v4.b32 {{%r1, %r2, %r3, %r4}}, [%mine+{at}];\n"
        f"st.shared.v4.b32 [%s+{at}], {{%r1, %r2, %r3, %r4}};\n"
        f"st.local.v4.b32 [%l+{at}], {{%r1, %r2, %r3, %r4}};\n"
        for at in range(0, REGION, 16)
    )
    made.prologue = f""".local .align 16 .b8 locals[{REGION}];
.reg .b64 %s, %l, %c, %e, %gs, %gl, %gc, %policy, %step;
mov.b64 %policy, 1374389534720000000;
mul.wide.u32 %step, %local, {REGION};
mov.u64 %s, shareds; add.u64 %s, %s, %step;
mov.u64 %l, locals;
mov.u64 %c, constants; add.u64 %c, %c, %step;
mov.b64 %e, given; add.u64 %e, %e, %step;
cvta.shared.u64 %gs, %s; cvta.local.u64 %gl, %l; cvta.const.u64 %gc, %c;
{copies}"""
    return made


def arguments(made):
    return [{"bytes": made.data.hex()}]


def call_same(made, load):
    """Passes the region through a function; `load` reads its result in the parameter space."""
    made.emit("{", f".param .align 16 .b8 a[{REGION}];", f".param .align 16 .b8 b[{REGION}];")
    for at in range(0, REGION, 16):
        made.emit(f"ld.global.v4.b32 {{%r1, %r2, %r3, %r4}}, [%mine+{at}];",
                  f"st.param.v4.b32 [a+{at}], {{%r1, %r2, %r3, %r4}};")  # fmt: skip
    made.emit("call (b), same, (a);", load, "}")
