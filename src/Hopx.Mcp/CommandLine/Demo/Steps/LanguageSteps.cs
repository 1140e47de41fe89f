namespace Hopx.Mcp.CommandLine.Demo.Steps;

/// <summary>Other languages find the same totals in the same file.</summary>
internal static class LanguageSteps
{
    private const string JavaScript = """
        const fs = require("fs");

        const totals = new Map();
        for (const line of fs.readFileSync("/workspace/iris.csv", "utf8").trim().split("\n").slice(1)) {
          const fields = line.split(",");
          const sums = totals.get(fields[4]) ?? [0, 0, 0, 0];
          totals.set(fields[4], sums.map((sum, i) => sum + Number(fields[i])));
        }
        for (const [species, sums] of totals) {
          console.log(species, sums.map((sum) => sum.toFixed(1)).join(" "));
        }
        """;

    private const string Bash = """
        awk -F, 'NR > 1 { for (i = 1; i <= 4; i++) sum[$5, i] += $i; seen[$5] = 1 }
          END { for (s in seen) printf "%s %.1f %.1f %.1f %.1f\n", s, sum[s, 1], sum[s, 2], sum[s, 3], sum[s, 4] }' /workspace/iris.csv | sort
        """;

    private const string Go = """
        package main

        import (
        	"encoding/csv"
        	"fmt"
        	"os"
        	"strconv"
        )

        func main() {
        	file, err := os.Open("/workspace/iris.csv")
        	if err != nil {
        		panic(err)
        	}
        	rows, err := csv.NewReader(file).ReadAll()
        	if err != nil {
        		panic(err)
        	}
        	totals := map[string][4]float64{}
        	order := []string{}
        	for _, row := range rows[1:] {
        		sums, known := totals[row[4]]
        		if !known {
        			order = append(order, row[4])
        		}
        		for i := range sums {
        			value, _ := strconv.ParseFloat(row[i], 64)
        			sums[i] += value
        		}
        		totals[row[4]] = sums
        	}
        	for _, species := range order {
        		s := totals[species]
        		fmt.Printf("%s %.1f %.1f %.1f %.1f\n", species, s[0], s[1], s[2], s[3])
        	}
        }
        """;

    public static async Task RunAsync(DemoSession demo, CancellationToken cancellationToken)
    {
        (string Language, string Name, string Code)[] programs = [("javascript", "JavaScript", JavaScript), ("bash", "Bash and awk", Bash), ("go", "Go", Go)];
        foreach (var (language, name, code) in programs)
        {
            await demo.CheckAsync($"{name} finds the known totals", async () =>
            {
                var run = await demo.CallAsync("run_code", new() { ["language"] = language, ["code"] = code }, cancellationToken);
                Expect.Equal(IrisData.TotalsText(), run.Fact("stdout").Trim());
                return "the same as Python's means, 50 times";
            });
        }
    }
}
