//===- Opts.td - the command line of dpc ------------------------------------------------------===//
//
// Every option names the subcommands that know it. `--name VALUE` and `--name=VALUE` are the same.
//
//===------------------------------------------------------------------------------------------===//

include "llvm/Option/OptParser.td"

def c_train : SubCommand<"train", "compile a model in memory and train it", "FILE [options]">;
def c_eval : SubCommand<"eval", "test accuracy of given weights", "FILE --weights W [options]">;
def c_probe : SubCommand<"probe", "every state and gradient on a batch of one's own",
                         "FILE --weights W --inputs X --dump OUT [options]">;
def c_info : SubCommand<"info", "parameters, layers and products of a model", "FILE [options]">;
def c_explain : SubCommand<"explain", "the updates that were derived from the objective",
                           "FILE [options]">;
def c_compile : SubCommand<"compile", "the program after a phase of the compiler",
                           "FILE --emit=PHASE -o OUT [options]">;
def c_prelude : SubCommand<"prelude", "print the methods that ship with dpc", "[options]">;

def g_model : OptionGroup<"model">, HelpText<"Model">;
def g_files : OptionGroup<"files">, HelpText<"File">;
def g_run : OptionGroup<"run">, HelpText<"Run">;
def g_other : OptionGroup<"other">, HelpText<"Other">;

multiclass Value<string name, list<SubCommand> commands, OptionGroup group, string value,
                 string help> {
  def "" : Separate<["--"], name, commands>, Group<group>, MetaVarName<value>, HelpText<help>;
  def _EQ : Joined<["--"], name # "=", commands>, Alias<!cast<Option>(NAME)>;
}

defvar models = [c_train, c_eval, c_probe, c_info, c_explain, c_compile];

defm set : Value<"set", models, g_model, "KEY=VALUE",
  "replace a setting (rate.peak=0.02, objective=dp) or an argument of one; may be repeated">;
defm prelude : Value<"prelude", [c_train, c_eval, c_probe, c_info, c_explain, c_compile, c_prelude],
  g_model, "FILE", "read the objectives of FILE in place of those that ship with dpc">;

defm data : Value<"data", [c_train, c_eval], g_files, "PATH",
  "replaces the path of the data in the model file; a folder of idx files, or an npz file">;
defm init : Value<"init", [c_train], g_files, "W", "start from these weights (safetensors)">;
defm out : Value<"out", [c_train], g_files, "W",
  "write the trained weights here; default: the model's name with .safetensors, in this folder">;
defm metrics : Value<"metrics", [c_train], g_files, "M.jsonl",
  "write one JSON line per epoch, and one with the test result">;
defm weights : Value<"weights", [c_eval, c_probe], g_files, "W", "the weights (safetensors)">;
defm inputs : Value<"inputs", [c_probe], g_files, "X",
  "safetensors with x [B, ...] and y, class numbers I64 [B] or targets F32 [B, C]">;
defm dump_file : Value<"dump", [c_probe], g_files, "OUT",
  "write loss, states and gradients here (safetensors)">;
def o : Separate<["-"], "o", [c_compile]>, Group<g_files>, MetaVarName<"OUT">,
  HelpText<"output file; - is standard output">;
def o_EQ : Joined<["-"], "o=", [c_compile]>, Alias<o>;
defm emit : Value<"emit", [c_compile], g_run, "PHASE",
  "write the program after PHASE: ast dp dyad schedule tensor buffer target llvm asm obj">;
defm from : Value<"from", [c_compile], g_run, "PHASE",
  "FILE is a dump that --emit=PHASE made, from dp on">;
defm dump_phases : Value<"dump-phases", [c_compile], g_files, "DIR",
  "write the program after every phase to DIR/NN-PHASE.*">;

defm max_steps : Value<"max-steps", [c_train], g_run, "N",
  "stop after N steps, without a test; 0 writes the initial weights">;
defm steps : Value<"steps", [c_probe], g_run, "N",
  "optimizer steps that P.next shows (default 1)">;
defm threads : Value<"threads", [c_train, c_eval, c_probe], g_run, "N",
  "threads (default: one per core); results do not depend on it">;
defm opt_level : Value<"opt-level", [c_train, c_eval, c_probe, c_compile], g_run, "0|2",
  "0: plain loops, 2: tuned kernels (default)">;
defm cpu : Value<"cpu", [c_train, c_eval, c_probe, c_compile], g_run, "NAME",
  "code for this processor: native (default), avx512, avx2 or baseline">;
defm target : Value<"target", [c_probe], g_run, "cpu|reference",
  "reference: interpreted in double; at --opt-level 0 unrolled, else scheduled">;
def locations : Flag<["--"], "locations", [c_compile]>, Group<g_run>,
  HelpText<"print the place in the model file that each operation comes from">;
def json : Flag<["--"], "json", [c_info]>, Group<g_run>, HelpText<"print JSON">;

def help : Flag<["--"], "help">, Group<g_other>, HelpText<"print this text">;
def h : Flag<["-"], "h">, Alias<help>;
def version : Flag<["--"], "version">, Group<g_other>, HelpText<"print the version">;
