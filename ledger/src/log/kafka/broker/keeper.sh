# Keeps the brokers of one cluster: starts and ends them as it is told, line by line. It lives as long as somebody holds
# its standard input open. When that ends, however it ends, the brokers are killed and their folder is removed.
room=$1 java=$2 classpath=$3
shift 3
cd "$room" || exit 1

start() {
  "$java" "$@" -cp "$classpath" kafka.Kafka "$room/$node/server.properties" </dev/null >>"$room/$node/broker.log" 2>&1 &
  eval "pid_$node=$!"
  echo "started $!"
}

# A broker that is stopped hears no other signal than this one.
end() {
  eval "pid=\${pid_$node:-}"
  [ -z "$pid" ] && return
  kill "-$1" "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  eval "pid_$node="
}

format() {
  formatting=
  for node in */; do
    node=${node%/}
    [ -f "$node/server.properties" ] || continue
    "$java" "$@" -cp "$classpath" kafka.tools.StorageTool format -t "$cluster" -c "$node/server.properties" \
      ${user:+--add-scram} ${user:+"$user"} </dev/null >>"$node/broker.log" 2>&1 &
    formatting="$formatting $!"
  done
  for one in $formatting; do wait "$one" || { echo "failed"; return; }; done
  echo "formatted"
}

while read -r order node rest; do
  case $order in
    format) cluster=$node user=$rest; format "$@" ;;
    start) start "$@" ;;
    kill) end KILL; echo "ended" ;;
    shut) end TERM; echo "ended" ;;
    pause) eval "kill -STOP \$pid_$node" 2>/dev/null; echo "paused" ;;
    resume) eval "kill -CONT \$pid_$node" 2>/dev/null; echo "resumed" ;;
  esac
done

for log in */broker.log; do
  node=${log%/broker.log}
  end KILL
done
cd /
rm -rf "$room"
