"""Answers as models write them, beside the verdict of a careful reader."""

import pytest

from curate.answers.choices import letters
from curate.answers.dress import bare, tidy
from curate.answers.labels import parted
from curate.answers.quantities import quantity
from curate.answers.score import score
from curate.answers.stated import unled

# (problem type, options, reference, what is right, what is wrong)
# fmt: off
TABLE = [
    ("multiple choice", ("A. red", "B. blue", "C. green", "D. yellow"),
     "A", [
        r"\boxed{A}", r"\boxed{\text{A}}", r"\text{A}", '"A"', "<b>A</b>", "It is A", "The answer is red", "A。",
        "Ａ", "A - red", "A — red", "A red", "（A）", "A：red", "Ａ．red", "'A'", "“A”", "**A**", "**A.** red",
        "**A. red**", "__A__", "`A`", "### A", "- A", "> A", "Answer: **A**", "**Answer:** A",
        "**Final answer:** (A)", "The correct answer is **A. red**.", "The answer is A because the car is red.",
        "A, because the car is red", "A because B is wrong", "A is correct", "Option A is correct.",
        "A is the correct answer", "A is the right one.", "I think it is A", "I choose A.",
        "I would go with option A", "I'd say A", "So the answer is A.", "Therefore, the correct option is (A) red.",
        "Based on the video, the answer is A.", "The car in the video is red, so the correct answer is A.",
        r"$\boxed{A}$", r"The answer is $\boxed{A}$.", r"Thus we get \boxed{\textbf{(A)}}",
        r"\(\boxed{\mathrm{A}}\)", "答案是A", "答案：A", "正确答案是 A。", "选A", "选择A", "选项A", "答案为(A)",
        "故选：A", "A、红", "[A]", "{A}", "(A).", "A)", "a", "A.", "A. red", "red", "Red.", "RED", "**red**",
        'A\nred', 'A.\n\nred', "A: red", "(A): red", "(A) - red", "Option A: red", "Choice A", "Letter A",
        "A, not B", "A instead of B", "A rather than B.", "not B but A", "✅ A", "👉 A", "A <br>",
        "<strong>A</strong>. red", "<p>A</p>", "The answer is: A", "Answer - A", "answer=A", "It's red",
        "It must be A.", "The answer should be (A)", "The best choice is A", 'A.\xa0red', " A ", "A!", '"red"',
        'The answer is "red".', '["A"]', "The final answer is $A$.", "A. red (as in the first scene)", "A、red",
        "The correct answer is A: red.", "A. red.", "Answer: A. red", "**Answer: A. red**",
        "The answer to the question is A.", "My answer is A", "My final answer: A", "Correct option: A",
        "correct answer is A", "A (red)", "(A) (red)", "A – red", "A—red", "Option (A)", "Option **A**",
        "Answer is option A", "the answer would be A", "The color is red.", "The car is red.",
        "Clearly, the answer is A.", "I am confident that the answer is A.", "The answer is clearly A.",
        "Final Answer: A", "FINAL ANSWER: A", "ANSWER: A", 'A\n\nThe car is red.',
        'A. red\n\nExplanation: The car is red, not blue.',
        'A\nExplanation: B is wrong because the car is not blue.',
        "(A) The car is red in the video, so B and C are out", "Answer: A\nReason: it's red",
        "A, as the car is red", "A since it is red", "**A**: red", "<answer>A</answer>", "A.red", "a. red",
        "a) red", "(a)", "[A] red", '{"answer": "A"}', "{'answer': 'A'}", "A - the car is red", "Choose A",
        "The best answer is A.", "The right answer is A", "It should be A", "Definitely A", "A is the best answer.",
        "A: The car is red.", r"$\text{A}$", r"\textbf{A}", r"\mathrm{A}", r"$$\boxed{A}$$", "答案选A", "答案是 A",
        "应该是A", "A是正确的", "正确选项是A", "选项 A", "答案：（A）", "The answer is A) red",
        "The answer is option (A) red.", "A; red", "A", 'The answer is A.\n', "`A. red`", "“A. red”", '"A. red"',
        "'A. red'", "A .", "A ,", "A:", "(A):", " (A) ", "A. RED", "Red", "Answer choice A", "answer choice (A)",
        "It's A", "That is A", "This is A.", "The solution is A", "Answer:A", "答案:A", "Ans: A", "Ans. A",
        "Therefore A", "So A", "Thus, A.", "Hence, the answer is (A).",
    ], [
        "B", r"\boxed{B}", "not A", "Not A.", "The answer is not A", "The answer isn't A", "neither",
        "neither A nor B", "A or B", "A/B", "A, B", "A and B", "A-C", "A - C", "A to C", "It is not red", "not red",
        "blue", "A. blue", "A - blue", "A blue", "(A) is wrong", "A is incorrect", "A is not correct", "A cat",
        "A reddish one", "none", "A?? or B", "A: B", "either A or B", "A, no, B", "maybe A or B",
        "If it is A then B", "The answer is A. The answer is B.", r"\boxed{A} \boxed{B}", "ABCD", "A B C D",
        "A. red B. blue", 'A. red\nB. blue', "All of them", "red or blue", "red and blue", "", "不是A", "A不对",
        "B, not A", "not A but B", "B instead of A", "(A) or (B)", "It could be A", "A vs B", "I don't know", "E",
        "Unanswerable", "A. not sure, maybe B", "The answer cannot be A.", "red, blue, green",
        "The answer is not A.", "A is false", "A. is wrong", "A? No.", "A?", "not (A)", "Neither A nor B",
        "A or maybe B", "Either A or C", "A and/or B", "A & B", "A, B, C, D", "All of the above",
        "None of the above", "A..D", "A~C", "AB", "It's not A", "It isn't A", "definitely not A",
        "The answer can't be A", "Not A, B", "A is out", "A is unlikely", "A is ruled out", "A (blue)", "A. blue.",
        "(A) blue", "A = blue", "**A** or **B**", "The answer is A or B.", "Answer: A/B", "A|B", "A → B", "A > B",
        "between A and B", "The answer is either A or B", "A, or B", "A. Or B.", "A. However, the answer is B.",
        "A. No wait, B", "A. Actually B", "A... or B", "A, then B", "It is A if red, else B", "I would say A or B",
        "I cannot tell", "N/A", "NA", "n/a", "a car", "A man", 'A\nB', 'A\nB\nC', "The answer is A, B", "I",
        "non A", "except A", "everything but A", "wrong: A", "A: wrong", "A - wrong", "A - no", "A: no", "A ❌",
        "❌ A",
    ]),
    ("multiple choice", ("A. red", "B. blue", "C. green", "D. yellow"),
     "A, C", [
        "A, C", "A,C", "C, A", "AC", "A C", "(A)(C)", "(A) (C)", "[A, C]", '["A","C"]', "['A', 'C']", "{A, C}",
        "(A, C)", "A and C", "A & C", "A; C", "A/C", "A+C", r"\boxed{A, C}", r"\boxed{A} and \boxed{C}",
        r"\text{A, C}", "**A** and **C**", "Both A and C", "both A and C are correct", "The answers are A and C.",
        "A and C are correct", "options A and C", "Options (A) and (C)", "A. red, C. green", "A. red; C. green",
        "A. red C. green", 'A. red\nC. green', '- A. red\n- C. green', "red, green", "red and green",
        "The correct answers are A. red and C. green", "A、C", "A，C", "A和C", "Ａ，Ｃ", "A | C", "C and A",
        "A, C.", "a, c", "The answer is A and C",
    ], [
        "A", "C", "A, B", "A, B, C", "A or C", "B", "neither A nor C", "not A, C", "A, not C", "[A]", "AB", "AA",
        "A to C",
    ]),
    ("multiple choice", ("A. red", "B. blue", "C. green", "D. yellow"),
     r"\boxed{A}", [
        "A", "red", "(A)",
    ], [
        "B",
    ]),
    ("multiple choice", ("A. red", "B. blue", "C. green", "D. yellow"),
     r"\text{A}", [
        "A",
    ], [
        "B",
    ]),
    ("multiple choice", ("A. red", "B. blue", "C. green", "D. yellow"),
     "(A)", [
        "A", "A. red",
    ], [
        "C",
    ]),
    ("multiple choice", ("A. red", "B. blue", "C. green", "D. yellow"),
     "red", [
        "A", "red",
    ], [
        "B",
    ]),
    ("multiple choice", ("A. red", "B. blue", "C. green", "D. yellow"),
     "**A**", [
        "A",
    ], [
        "B",
    ]),
    ("multiple choice", ("a) red", "b) blue"), "A", [
        "red", "a", "A", "a)", "(a)", "a) red", "A. red",
    ], [
        "b", "blue", "b) blue", "a) blue",
    ]),
    ("multiple choice", ("(a) red", "(b) blue"), "b", [
        "blue", "B", "(b) blue", "b.",
    ], [
        "red", "a",
    ]),
    ("multiple choice", ("A: red", "B: blue"), "A", [
        "red", "A: red",
    ], [
        "B",
    ]),
    ("multiple choice", ("a. red", "b. blue"), "a. red", [
        "A", "red",
    ], [
        "b",
    ]),
    ("multiple choice", ("Ａ．red", "Ｂ．blue"), "A", [
        "red", "A",
    ], [
        "B",
    ]),
    ("multiple choice", ("a.m.", "p.m."), "A", [
        "a.m.", "A", "A.",
    ], [
        "p.m.", "B",
    ]),
    ("multiple choice", ("U.S.", "U.K."), "B", [
        "U.K.", "B", "B.",
    ], [
        "U.S.",
    ]),
    ("multiple choice", ("A. Lincoln", "Washington"), "B", [
        "Washington", "B",
    ], [
        "A", "A. Lincoln",
    ]),
    ("multiple choice", ("A. He opens the door", "B. He closes the window", "C. None of the above", "D. Both A and B"),
     "A", [
        "He opens the door", "The answer is he opens the door.", "A. He opens the door.", "A",
    ], [
        "He closes the window", "Both A and B", "D", "None of the above", "A and B",
    ]),
    ("multiple choice", ("A. He opens the door", "B. He closes the window", "C. None of the above", "D. Both A and B"),
     "D", [
        "Both A and B", "D", "D. Both A and B", "The answer is both A and B",
    ], [
        "A", "B", "A. He opens the door",
    ]),
    ("multiple choice", ("A. He opens the door", "B. He closes the window", "C. None of the above", "D. Both A and B"),
     "C", [
        "None of the above", "C", "none of the above.",
    ], [
        "A", "D",
    ]),
    ("multiple choice", ("A. $5", "B. $10", "C. 5", "D. -7"),
     "A", [
        "$5", "A", "A. $5", "(A) $5", "**$5**", r"\$5",
    ], [
        "5", "$10", "B", "-7",
    ]),
    ("multiple choice", ("A. $5", "B. $10", "C. 5", "D. -7"),
     "C", [
        "5", "C. 5",
    ], [
        "$5", "-5",
    ]),
    ("multiple choice", ("A. $5", "B. $10", "C. 5", "D. -7"),
     "D", [
        "-7", "D. -7",
    ], [
        "7",
    ]),
    ("multiple choice", ("A. Yes", "B. No"), "A", [
        "Yes", "yes.", "A. Yes", "A",
    ], [
        "No", "B", "not yes",
    ]),
    ("multiple choice", ("A. Yes", "B. No"), "B", [
        "No", "no.", "B",
    ], [
        "Yes", "A",
    ]),
    ("multiple choice", (r"A. $\frac{1}{2}$", r"B. $\frac{1}{3}$", r"C. \(2\sqrt{3}\)", "D. 2^3"),
     "A", [
        r"\frac{1}{2}", r"$\frac{1}{2}$", r"A. $\frac{1}{2}$", r"\boxed{\frac{1}{2}}", r"\(\frac{1}{2}\)", "A",
    ], [
        r"\frac{1}{3}", "B",
    ]),
    ("multiple choice", (r"A. $\frac{1}{2}$", r"B. $\frac{1}{3}$", r"C. \(2\sqrt{3}\)", "D. 2^3"),
     "C", [
        r"$2\sqrt{3}$", r"2\sqrt{3}",
    ], [
        "D",
    ]),
    ("multiple choice", (r"A. $\frac{1}{2}$", r"B. $\frac{1}{3}$", r"C. \(2\sqrt{3}\)", "D. 2^3"),
     "D", [
        "2^3", "$2^3$",
    ], [
        "A",
    ]),
    ("multiple choice", ("A．红色", "B．蓝色", "C．绿色"),
     "A", [
        "A", "红色", "A．红色", "A. 红色", "A、红色", "选A", "答案是红色", "答案：A．红色", "（A）红色", "A红色",
        "所以答案是A", "因此，正确答案是A。", "应选A",
    ], [
        "B", "蓝色", "不是红色", "A蓝色",
    ]),
    ("numerical", (), "5 m^2", [
        "5 m²", "5 m2", "5 square meters", "5 sq m", "5 sq. m", "5 m^2", "5 m^{2}", r"5\text{ m}^2",
        r"$5\ \text{m}^2$", "5 meters squared", "5 square metres", "5", "5㎡", "5平方米",
    ], [
        "5 m", "5 cm^2", "5 m^3", "6 m²", "5 square feet",
    ]),
    ("numerical", (), "5 cm²", [
        "5 cm^2", "5 cm2", "5 square centimeters",
    ], [
        "5 cm", "5 m²",
    ]),
    ("numerical", (), "60 km/h", [
        "60 kph", "60 km per hour", "60 kilometers per hour", "60 km/hr", "60 kmh", "60 KPH", "60",
        "60 kilometres an hour", "60 km / h",
    ], [
        "60 mph", "60 km", "60 m/s",
    ]),
    ("numerical", (), "30 mph", [
        "30 miles per hour", "30 mi/h", "30 miles/hour",
    ], [
        "30 km/h", "30 miles",
    ]),
    ("numerical", (), "20 °C", [
        "20 C", "20 degrees Celsius", "20°C", "20℃", "20 degrees", "20 celsius", r"20^\circ\text{C}",
        r"$20^{\circ}C$", "20 deg C", "20摄氏度", "20",
    ], [
        "20 °F", "20 degrees Fahrenheit", "20 F", "21 °C",
    ]),
    ("numerical", (), "$5", [
        "USD 5", "5 dollars", "5 USD", "5$", "US$5", "5 US dollars", "5", r"\$5", "$5.00", "$ 5", "5 bucks",
    ], [
        "€5", "5 euros", "£5", "¥5", "5 cents", "$50", "-$5", "5 pounds",
    ]),
    ("numerical", (), "€5", [
        "5 euros", "EUR 5", "5 EUR",
    ], [
        "$5", "5 pounds",
    ]),
    ("numerical", (), "5 lbs", [
        "5 pounds", "5 lb",
    ], [
        "5 kg", "5 oz",
    ]),
    ("numerical", (), "5 people", [
        "5 persons", "5 people.", "5", "There are 5 people", "5 people in total", "5 people in the video", "5人",
        "5个人", "5个", "5 people are visible",
    ], [
        "6 people", "4", "5 m", "50 people",
    ]),
    ("numerical", (), "(1, 2)", [
        "(1,2)", "( 1, 2 )", r"\left(1, 2\right)", "$(1,2)$", r"\boxed{(1,2)}", "(1.0, 2)", "(1,2).",
    ], [
        "(2,1)", "(1,3)", "[1,2]", "(1,2,3)", "1", "12",
    ]),
    ("numerical", (), "5", [
        "about 5", "≈5", "~5", "approximately 5", "around 5.", "约5", "**5**", "`5`", "<b>5</b>", '"5"', "'5'",
        "The answer is 5", "The answer is 5.", "Answer: 5", "**Answer:** 5", "Final answer: **5**",
        "The final answer is $5$.", r"\boxed{5}", r"$\boxed{5}$", r"The answer is $\boxed{5}$.",
        r"So we have 2+3, and \boxed{5}.", "5.", "5.0", "+5", "There are 5.", "There are 5 cars.", "5 cars",
        "5 cars in total", "5 of them in total", "It is 5", "I count 5", "Total: 5", "= 5", "x = 5", "x=5",
        "$x = 5$", "5 times", "答案是5", "答案：5", "5。", "５", "共5个", "Based on the video, the answer is 5.",
        "The number of cups is shown. Therefore, the correct answer is 5.", "5", "10/2", r"\frac{10}{2}",
        r"\dfrac{10}{2}", "2 + 3 = 5", "5 is the answer", "5 cups are on the table", "Area = 5 m^2", "Count: 5",
        "5th", "5!", "5 !", "5;", "The total number is 5.", "The number of cups is 5.", "He has 5 apples",
        "Five (5)", "5 (five)", "five (5)", "There are exactly 5 people.", "exactly 5", "Exactly 5.", "5 in total",
        "5 total", "a total of 5", "The answer is approximately 5.", "$5$.", r"\(5\)", r"\[5\]", r"\boxed{5.0}",
        "**5 cups**", "5 units", "2+3=5", "3 + 2 = 5", "5.00", "5/1", "(5)", "[5]", "5 pcs", "5 times.",
        '{"answer": 5}', "It is 5.", "They are 5", "5 apples and pears", "Answer = 5", "ans = 5", "n = 5",
        "答案为5", "5 名", "一共有5个", "total of 5",
    ], [
        "6", "about 6", "not 5", "5 or 6", "5-6", "5 to 6", "between 5 and 6", "5 million", "at least 5",
        "more than 5", "less than 5", "5 or more", "5+", "50", "0.5", "-5", "-5.0", "neither",
        "The answer is not 5", "The answer is 5. The answer is 6.", r"\boxed{5} or \boxed{6}", "5/6", "5x", "5, 6",
        "15", "5:00", "1 5", "5 and a half", "5e1", "55", "five or six", "If it is 5 then 6", "5 not 6",
        "5 is wrong", "5 cars or more", "I don't know", "", "x", "5k", "five million", "5^2", "√5",
        "5 thousand cars", "5, 6, 7", "56", "5 vs 6", "5 or so? maybe 6", "not 5 but 6", "never 5", "fewer than 5",
        "over 5", "under 5", ">5", "<5", "≥5", "> 5", "5 - 1", "5 minus 1", "5 + 1", "5 hundred", "5 dozen", "5M",
        "5bn", "5^0", "5th of 7", "5 out of 10", "5 of 10", "No more than 5", "up to 5", "5 ± 1", "5±1", "1/5",
        "5e-1", "5.5", "5,5", "0x5", "five and a half",
    ]),
    ("numerical", (), "50%", [
        "50 percent", "50 %", r"50\%", "50 per cent", "about 50%", "50", "0.5",
    ], [
        "5%", "0.05", "50 m",
    ]),
    ("numerical", (), "0.5", [
        "1/2", r"\frac{1}{2}", r"$\frac{1}{2}$", "½", ".5", "0.50", "The answer is 1/2",
        r"The answer is $\frac{1}{2}$.", "50%",
    ], [
        "0.5%", "2", "0.05",
    ]),
    ("numerical", (), "1,000", [
        "1000", "1 000", "1000.0", "1e3", "10^3", "1,000 people", "1000人",
    ], [
        "1", "1.000", "100", "1,00",
    ]),
    ("numerical", (), "3:2", [
        "3:2", "3 : 2", "3: 2",
    ], [
        "2:3", "3", "1.5",
    ]),
    ("numerical", (), "5 m", [
        "5 meters", "5 metres", "5 m long", "5米", "about 5 m", "5 meters away", "5m", "5 METERS",
    ], [
        "5 cm", "5 km", "5 ft", "5 min", "500 cm", "5 mm", "5 m/s",
    ]),
    ("numerical", (), "3 years", [
        "3 years old", "3 yrs", "3 year", "3岁",
    ], [
        "3 months", "3 days",
    ]),
    ("numerical", (), "5 cars", [
        "5 red cars", "5 cars in the scene", "5 car",
    ], [
        "5 dogs", "4 cars",
    ]),
    ("numerical", (), "2 boxes", [
        "2 box", "2 boxes", "2",
    ], [
        "2 bags",
    ]),
    ("numerical", (), "24 fps", [
        "24 frames per second", "24 frames/s",
    ], [
        "24 Hz", "24 seconds",
    ]),
    ("numerical", (), "$5 per hour", [
        "$5 per hour", "5 dollars per hour",
    ], [
        "€5 per hour", "$5 per day",
    ]),
    ("multiple choice", ("A. red", "B. blue", "C. green", "D. yellow"),
     "a", [
        "A", "red",
    ], [
        "B",
    ]),
    ("multiple choice", ("A. The man is running", "B. The man is walking", "C. A dog", "D. I am not sure"),
     "A", [
        "The man is running", "The man is running.", "the answer is the man is running",
        "A. The man is running, as seen in the clip.", "A",
    ], [
        "The man is walking", "The man is not running", "C", "A dog", "a dog", "A. The man is walking",
    ]),
    ("multiple choice", ("A. The man is running", "B. The man is walking", "C. A dog", "D. I am not sure"),
     "C", [
        "A dog", "a dog", "It is a dog", "C", "C. A dog", "The answer is a dog.", "The answer is A dog",
    ], [
        "A", "The man is running", "A. dog",
    ]),
    ("multiple choice", ("A. The man is running", "B. The man is walking", "C. A dog", "D. I am not sure"),
     "D", [
        "I am not sure", "D",
    ], [
        "I", "A",
    ]),
    ("multiple choice", (), "A", [
        "A", "(A)", "A.", "a",
    ], [
        "B",
    ]),
    ("multiple choice", (), "Yes", [
        "yes", "Yes.",
    ], [
        "no", "A",
    ]),
    ("multiple choice", ("red", "blue"), "red", [
        "red", "A", "**red**", "Red.", "It is red",
    ], [
        "blue", "B",
    ]),
    ("multiple choice", ("red", "blue"), "B", [
        "blue", "B", "The answer is blue",
    ], [
        "red", "A",
    ]),
    ("multiple choice", ("A. 5 cm", "B. 6 cm", "C. 5", "D. 6"),
     "A", [
        "5 cm", "A", "A. 5 cm", "5 cm.", "$5$ cm", r"5\text{ cm}",
    ], [
        "5", "6 cm",
    ]),
    ("multiple choice", ("A. 1", "B. 2", "C. 3", "D. 12"),
     "D", [
        "12", "D",
    ], [
        "1, 2", "A, B", "1 2",
    ]),
    ("multiple choice", ("A. 1", "B. 2", "C. 3", "D. 12"),
     "A, B", [
        "1, 2", "A, B", "1 and 2",
    ], [
        "12", "1",
    ]),
    ("multiple choice", ("A. left", "B. right", "C. left and right"),
     "C", [
        "left and right", "C", "C. left and right",
    ], [
        "left", "right", "A",
    ]),
    ("multiple choice", ("A. True", "B. False"), "B", [
        "False", "B", "false.", "B. False",
    ], [
        "True", "A",
    ]),
    ("multiple choice", ("A. True", "B. False"), "A", [
        "True", "A", "A. True", "True.",
    ], [
        "False", "B", "A. False", "not true",
    ]),
    ("multiple choice", ("A. correct", "B. wrong", "C. not given"),
     "C", [
        "not given", "C. not given", "C: not given", "(C) not given",
    ], [
        "A", "wrong",
    ]),
    ("multiple choice", ("A. correct", "B. wrong", "C. not given"),
     "B", [
        "wrong", "B. wrong", "(B) wrong", "B wrong", "B: wrong",
    ], [
        "A", "correct",
    ]),
    ("numerical", (), "-5", [
        "-5", "−5", "–5", "- 5", "-5.0", "-$5", "about -5", "-5 °C",
    ], [
        "5", "+5",
    ]),
    ("numerical", (), "12.5", [
        "12.5", "12.50", "12 1/2", "12½", "25/2", "12.5 cm", "12.5%",
    ], [
        "12,5", "125", "12", "13",
    ]),
    ("numerical", (), "1/3", [
        "1/3", "2/6", r"\frac{1}{3}", r"\dfrac13", "1 / 3", "⅓",
    ], [
        "0.33", "3", "0.333",
    ]),
    ("numerical", (), "2:30", [
        "2:30", "2 : 30",
    ], [
        "2.5", "3:20",
    ]),
    ("numerical", (), "10 m/s", [
        "10 m/s", "10 meters per second", "10 m per s", "10 mps", "10 meters/second", r"$10\ \text{m/s}$",
        r"10 \, \mathrm{m/s}", "10",
    ], [
        "10 km/h", "10 m", "10 m/s^2",
    ]),
    ("numerical", (), "9.8 m/s^2", [
        "9.8 m/s²", "9.8 m/s2", "9.8 meters per second squared", "9.8",
    ], [
        "9.8 m/s", "9.8 m",
    ]),
    ("numerical", (), "30°", [
        "30 degrees", "30", "30°", r"30^\circ", r"$30^\circ$", "30 deg", "30 °",
    ], [
        "60°", "31",
    ]),
    ("numerical", (), "3 hours", [
        "3 h", "3 hrs", "3 hr", "3 hours", "3小时", "3 hours long",
    ], [
        "3 minutes", "3 min", "180 minutes", "3 days",
    ]),
    ("numerical", (), "100 kg", [
        "100 kilograms", "100kg", "100 kilos", "100 KG",
    ], [
        "100 g", "100 lbs",
    ]),
    ("numerical", (), "25%", [
        "25 %", "25 percent", "25", r"25\%", "25 % of them", "0.25",
    ], [
        "0.0025", "2.5%",
    ]),
    ("numerical", (), "x=5", [
        "5", "x = 5",
    ], [
        "6", "x=6",
    ]),
    ("multiple choice", ("Red", "Blue", "Dark green"), "A", [
        "Red, because the car is red.", "Red because it's red", "Red, not blue", "red rather than blue",
        "Red. The car is red.", 'Red\n\nExplanation: the car is red.', "Red - the car is red", "Red (as at first)",
        "The answer is red, because the car is red.", "Red, because it isn't blue.", "Red, since blue is wrong.",
        "**Red**, because I see it.", "Red, because B is wrong", "Red, not B",
    ], [
        "Red, purple", "Red, blue", "Red, because the blue car is gone", "Red, or blue", "Red, but it may be blue",
        "Red. Actually B.", "Red, because B", "Red, no, blue", "Red is wrong", "Red if it is dark", "Red. No.",
        "Not red, because it's blue", "Redder, because it is", "Red, the bus", "Red, which is not the case.",
        "Red and blue, because both are seen", "Red, because dark green is worn by the man", "Red, it is not.",
        "Red, not blue. Wait, B", "Red, not this", "Red, not really blue", "Blue, because it's not red",
    ]),
    ("multiple choice", ("A. Yes", "B. No"), "A", [
        "Yes, he does", "Yes, he does.", "Yes he does", "Yes, because he does not stop", "Yes. He has no hat.",
        "Yes, the man is there.",
    ], [
        "Yes, he doesn't", "Yes, they are not there", "Yes and no", "Yes, but no", "Yes, not really",
        "Yes, if he turns", "No, he does not stop", "Yes, no, wait", "No, yes he does",
    ]),
    ("multiple choice", ("A. Yes", "B. No"), "B", [
        "No, he doesn't.", "No, he does not stop.", "No, there is no dog.", "No, it isn't a dog. It's a cat.",
        "No, it is not",
    ], [
        "Yes, he does not", "No, yes he does", "Nothing, he does not", "No, unless he turns", "No, wait, it is A",
    ]),
    ("multiple choice", ("A. 10 cm", "B. 12 cm", "C. 10 m"), "A", [
        "10cm", "10cm.", "A. 10cm", "10 CM", "10 cm, not 12 cm", "10cm, because it is short", "The answer is 10cm.",
    ], [
        "10m", "12cm", "10mm", "10", "10cm, 12cm",
    ]),
    ("multiple choice", ("On the table", "On the table, on the left", "In the sink"), "A", [
        "On the table, because it is there",
    ], [
        "On the table, on the left of it", "On the table, on the left", "On the table, near the sink",
    ]),
    ("numerical", (), "120", [
        "5!", "$5!$", "120!", "5 !",
    ], [
        "4!", "5", "5!!",
    ]),
    ("numerical", (), "5!", [
        "120", "5!", "120.0",
    ], [
        "5", "6!", "24",
    ]),
    ("numerical", (), "3.46", [
        r"\approx 3.46", r"$\approx 3.46$", r"x \approx 3.46", r"\(\approx 3.46\text{ cm}\)", r"\approx3.46",
    ], [
        r"\approx 3.5", r"\approx 3.46 or 4", r"\neq 3.46",
    ]),
]
# fmt: on
NEAR = [
    ("about 4", "4.0", 1.0),
    ("approximately 4.0 meters", "4.0", 1.0),
    ("4 meters", "4.0", 1.0),
    ("~4 m", "4", 1.0),
    ("**4.0**", "4", 1.0),
    ("The answer is 4.", "4", 1.0),
    ("\\boxed{4}", "4", 1.0),
    ("The distance is about 4 meters.", "4", 1.0),
    ("about 9 meters", "4.0", 0.0),
    ("4 cm", "4 m", 0.0),
    ("between 3 and 5", "4", 0.0),
    ("3-5", "4", 0.0),
    ("five", "5", 1.0),
    ("3 meters", "4 m", 0.75),
    ("Distance: 3.0 m", "4", 0.75),
    ("4 to 5 m", "4", 0.0),
    ("not 4", "4", 0.0),
    ("I don't know", "4", 0.0),
    ("大约4米", "4.0", 1.0),
    ("≈ 4.0m", "4", 1.0),
]


@pytest.mark.parametrize(
    ("kind", "options", "reference", "answer", "verdict"),
    [
        (kind, options, reference, answer, verdict)
        for kind, options, reference, right, wrong in TABLE
        for verdict, answers in ((1.0, right), (0.0, wrong))
        for answer in answers
    ],
)
def test_a_careful_readers_verdict(kind, options, reference, answer, verdict):
    assert score(kind, answer, reference, options) == verdict


@pytest.mark.parametrize(("answer", "reference", "expected"), NEAR)
def test_how_near_a_careful_reader_finds_it(answer, reference, expected):
    assert score("regression", answer, reference, ()) == pytest.approx(expected)


UNITS = " ([{\"'*_`$\nA5-~.,/。选"
LONG = [
    *UNITS, "A ", "A. ", "A, ", "\\boxed{", "\\text{", "<b>", " \n", "the answer is ", "I think ", "5 ", "1,", "m/",
    "about ", "and ", "or ", "not ", "(1,", "\\frac{", "\\(",
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "answer", "reference", "expected"),
    [
        *[
            ("OCR", answer, "NO PARKING", 1.0)
            for answer in (
                "NO PARKING",
                '"NO PARKING"',
                "“NO PARKING”",
                "**NO PARKING**",
                "`NO PARKING`",
                r"\text{NO PARKING}",
                '**"NO PARKING"**',
                "「NO PARKING」",
                "<b>NO PARKING</b>",
                " NO  PARKING ",
            )
        ],
        *[("OCR", answer, "NO PARKING", 0.0) for answer in ("no parking", "PARKING NO", '"', "**", '"Stop" and "Go"')],
        ("OCR", "NO PARKING.", "NO PARKING", 1.0),
        ("OCR", '"NO PARKING."', "NO PARKING", 1.0),
        ("OCR", "出口。", "出口", 1.0),
        ("OCR", "NO PARKING..", "NO PARKING", 0.5),
        ("OCR", "NO PARKING...", "NO PARKING", 0.5),
        ("OCR", "NO PARKING!", "NO PARKING", 0.5),
        ("OCR", "NO PARKING", "NO PARKING.", 0.5),
        ("OCR", ".", "NO PARKING", 0.0),
        ("OCR", "NO", "NO PARKING", 0.5),
        ("OCR", "NO PARKING", '"NO PARKING"', 1.0),
        ("OCR", '"Stop" and "Go"', '"Stop" and "Go"', 1.0),
        ("OCR", "'Tis", "'Tis", 1.0),
        ("OCR", "*", "*", 1.0),
        *[
            ("free-form", answer, "a red car", 1.0)
            for answer in (
                "A red car.",
                "**a red car**",
                '"A red car"',
                r"\boxed{\text{a red car}}",
                "<b>A red car</b>",
                "- a red car",
                "a `red` car",
                "A RED CAR!",
            )
        ],
        *[("free-form", answer, "a red car", 0.0) for answer in ("the blue buses", "neither", r"\text{}", "不是")],
    ],
)
def test_open_answers_in_their_dress(kind, answer, reference, expected):
    assert score(kind, answer, reference, ()) == pytest.approx(expected)


@pytest.mark.parametrize("unit", LONG)
def test_long_texts_are_read_in_linear_time(unit):
    """No clock is asked: what takes the square of 100,000 steps never ends."""
    for end in ("", "A5"):
        text = (unit * 100_000)[:100_000] + end
        assert letters(text, ("A. red", text)) == frozenset(), "it is too long for an answer"
        assert quantity(text) is None
        bare(tidy(text))
        unled(tidy(text))
        parted(text)
        for kind in ("multiple choice", "numerical", "regression"):
            assert score(kind, text[-20_000:], "5 A", ("A. red", text)) <= 1.0


def test_the_table_is_worth_its_name():
    assert len(TABLE) > 40
    assert all(right and wrong for _, _, _, right, wrong in TABLE), "each reference is missed by something"


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ("The answer is A. Wait, it is B", ""),
        ("The answer is A. Actually B.", ""),
        ("The answer is A. No, B.", ""),
        ("A. Hmm, I was wrong, it is B.", ""),
        ("The answer is A - no, B", ""),
        ("The answer is A. No other option fits.", "A"),
        ("The correct answer is A. The man actually runs.", "A"),
        ("I see it. The answer is A because it is red. B is wrong.", "A"),
    ],
)
def test_what_is_taken_back_is_chosen_no_more(answer, chosen):
    assert letters(answer, ["A. red", "B. blue"]) == frozenset(chosen)
