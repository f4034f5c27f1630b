# Lists the targets that have a description, by file, with the drills last.
BEGIN {
  bold = dim = plain = ""
  if (system("test -t 1") == 0) { bold = "\033[1m"; dim = "\033[2m"; plain = "\033[0m" }
  title["Makefile"] = "Develop"
  title["ci"] = "Check, as in the workflows"
  title["k8s"] = "Kubernetes"
  title["setup"] = "Set up a cluster"
  title["deploy"] = "Deliver"
}
/^[a-z0-9-]+:.*## / {
  split($0, part, /:.*## /)
  file = FILENAME
  gsub(/^.*\/|\.mk$/, "", file)
  group = part[1] ~ /^drill/ ? "Drills: each verifies a guarantee" : file in title ? title[file] : "Run"
  if (!(group in lines)) order[++groups] = group
  lines[group] = lines[group] sprintf("  %s%-22s%s %s%s%s\n", bold, part[1], plain, dim, part[2], plain)
}
END {
  for (i = 1; i <= groups; i++)
    if (order[i] !~ /^Drills/) printf "\n%s%s%s\n%s", bold, order[i], plain, lines[order[i]]
  printf "\n%sDrills: each verifies a guarantee%s\n%s\n", bold, plain, lines["Drills: each verifies a guarantee"]
}
