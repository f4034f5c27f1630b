# Lists the targets that say what they are for: by file, the drills last.
BEGIN {
  bold = dim = plain = ""
  if (system("test -t 1") == 0) { bold = "\033[1m"; dim = "\033[2m"; plain = "\033[0m" }
  title["Makefile"] = "Develop"
  title["ci"] = "Check, as the workflows do"
  title["k8s"] = "Kubernetes"
  title["setup"] = "A cluster with everything"
  title["deploy"] = "Deliver"
}
/^[a-z0-9-]+:.*## / {
  split($0, part, /:.*## /)
  file = FILENAME
  gsub(/^.*\/|\.mk$/, "", file)
  group = part[1] ~ /^drill/ ? "Drills: each proves a promise" : file in title ? title[file] : "Run"
  if (!(group in lines)) order[++groups] = group
  lines[group] = lines[group] sprintf("  %s%-22s%s %s%s%s\n", bold, part[1], plain, dim, part[2], plain)
}
END {
  for (i = 1; i <= groups; i++)
    if (order[i] !~ /^Drills/) printf "\n%s%s%s\n%s", bold, order[i], plain, lines[order[i]]
  printf "\n%sDrills: each proves a promise%s\n%s\n", bold, plain, lines["Drills: each proves a promise"]
}
