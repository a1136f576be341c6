# What twicket(1) takes, for bash. Loaded by bash-completion from its folder of completions.
# It asks `twicket` at most once for each TAB, and nothing where no agent runs; it must never wait long.
# shellcheck shell=bash disable=SC2207

# what was typed before the command: -c FILE, -s DIR, -r DIR
_twicket_options() {
	local i
	given=()
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		-c | -s | -r) given+=("${words[i]}" "${words[i + 1]}") ;;
		esac
	done
}

# _twicket_ask COMMAND...: an answer as JSON, or nothing
_twicket_ask() {
	local given=() run=/run/twicket i
	_twicket_options
	for ((i = 0; i < ${#given[@]}; i += 2)); do
		[[ ${given[i]} == -r ]] && run=${given[i + 1]}
	done
	[[ -S $run/control.sock ]] || return
	timeout 1 "${words[0]}" "${given[@]}" --json "$@" 2>/dev/null
}

_twicket_tags() {
	_twicket_ask list | grep -o '"tag":"[^"]*"' | cut -d'"' -f4
}

_twicket_old_tags() {
	_twicket_ask list --all | grep -o '"tag":"[^"]*"' | cut -d'"' -f4
}

# Out of the file alone: an inventory of the core would take its time.
_twicket_names() {
	local what
	case $1 in
	account) what='"network":"[^"]*","handle"' ;;
	audience) what='"match":"[^"]*","internals"' ;;
	person) what='"role"' ;;
	esac
	_twicket_ask check -r /nonexistent | grep -oE '"name":"[^"]*",'"$what" | cut -d'"' -f4
}

_twicket_both() {
	_twicket_ask check -r /nonexistent |
		grep -oE '"name":"[^"]*",("network":"[^"]*","handle"|"match":"[^"]*","internals")' | cut -d'"' -f4
}

_twicket_words() {
	COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

# The command, and how many words stand behind it before the cursor.
_twicket_command() {
	local i
	command='' position=0
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		-c | -s | -r | --since | --search | --to | --name | --from | --until | --state | --at | --compare | --posts | --objects | --end | --month) ((i++)) ;;
		-*) ;;
		*) if [[ -z $command ]]; then command=${words[i]}; else ((position++)); fi ;;
		esac
	done
}

_twicket() {
	local cur prev words cword command position
	local general='-c -s -r --json --help --version'
	local all='check auth preview replay status list show reply open close retract quiet pause resume queue people audit report help'

	if declare -F _init_completion >/dev/null; then
		_init_completion -n = || return
	else
		words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	fi
	_twicket_command
	case $prev in
	-c | --compare | --objects) COMPREPLY=($(compgen -f -- "$cur")) && return ;;
	-s | -r) COMPREPLY=($(compgen -d -- "$cur")) && return ;;
	--to | --posts) _twicket_words "$(_twicket_names audience)" && return ;;
	--state) _twicket_words 'down critical warning unknown' && return ;;
	--since | --search | --name | --from | --until | --at | --end | --month) return ;;
	esac
	if [[ -z $command ]]; then
		_twicket_words "$all $general"
		return
	fi
	[[ $cur == -* ]] && position=option
	case $command,$position in
# --- check
	check,option) _twicket_words "--online $general" ;;
# --- auth
	auth,option) _twicket_words "--token-stdin $general" ;;
	auth,0) _twicket_words "$(_twicket_names account)" ;;
# --- preview
	preview,option) _twicket_words "--state --at --all $general" ;;
# --- replay
	replay,option) _twicket_words "--compare --posts --objects $general" ;;
	replay,*) COMPREPLY=($(compgen -f -- "$cur")) ;;
# --- status
	status,option) _twicket_words "--metrics $general" ;;
# --- list
	list,option) _twicket_words "--all --since --search --tickets $general" ;;
# --- show
	show,option) _twicket_words "--md --html $general" ;;
	show,0) _twicket_words "$(_twicket_old_tags)" ;;
# --- reply
	reply,option) _twicket_words "$general" ;;
	reply,0) _twicket_words "$(_twicket_tags)" ;;
	reply,1) _twicket_words 'ack unack take downtime recheck eta say: quiet major known part fixed: cause: workaround: ? note: last? ticket endorse undo go no edit: pause help' ;;
# --- queue
	queue,option) _twicket_words "$general" ;;
	queue,0) _twicket_words 'retry drop' ;;
	queue,1) _twicket_words "$(_twicket_ask queue | grep -oE '"id":[0-9]+' | cut -d: -f2)" ;;
# --- open
	open,option) _twicket_words "--to --name --from --until $general" ;;
# --- close
	close,option) _twicket_words "$general" ;;
	close,0) _twicket_words "$(_twicket_tags)" ;;
# --- retract
	retract,option) _twicket_words "--delete $general" ;;
	retract,0) _twicket_words "$(_twicket_tags)" ;;
# --- quiet
	quiet,option) _twicket_words "--list --end $general" ;;
# --- pause
	pause,option) _twicket_words "$general" ;;
	pause,0) _twicket_words "$(_twicket_both)" ;;
# --- resume
	resume,option) _twicket_words "$general" ;;
	resume,0) _twicket_words "$(_twicket_both)" ;;
# --- people
	people,option) _twicket_words "$general" ;;
	people,0) _twicket_words 'enrol revoke restore' ;;
	people,1) _twicket_words "$(_twicket_names person)" ;;
# --- audit
	audit,option) _twicket_words "--since $general" ;;
# --- report
	report,option) _twicket_words "--month --md --html $general" ;;
# --- help
	help,0) _twicket_words "$all" ;;
	esac
}

complete -F _twicket twicket
