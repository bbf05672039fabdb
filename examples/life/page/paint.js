// The pictures: everything is drawn here, nothing is loaded.

/** What people do, in the order of the server's enum. */
export const DOINGS = [
  { name: "SLEEP", text: "asleep", now: "is asleep", colour: "#7d8fd6" },
  { name: "HOME", text: "at home", now: "is at home", colour: "#f3ead7" },
  { name: "WORK", text: "at work", now: "is at work", colour: "#3fa7d6" },
  { name: "EAT", text: "eating", now: "is off to eat", colour: "#ff8c42" },
  { name: "MEET", text: "meeting friends", now: "is meeting friends", colour: "#f25f8b" },
  { name: "STROLL", text: "strolling", now: "is out for a stroll", colour: "#ffd84d" },
];

const SKINS = ["#f6d3b3", "#e0ac7e", "#b9794a", "#7d4d2e"];
const HAIR = ["#4a2f20", "#22191a", "#a5692e", "#d9b25f"];

/** How large a frame of a figure is, in pixels of its texture. */
export const FIGURE = 40;

/** All pictures lie on one texture, so that they are drawn in one go. */
const SIZE = 1024;
const GAP = 3;
/** Where the next picture goes: from left to right, shelf above shelf. */
const shelf = { x: 0, y: 0, high: 0 };

function paint(texture, key, width, height, draw) {
  if (shelf.x + width > SIZE) Object.assign(shelf, { x: 0, y: shelf.y + shelf.high, high: 0 });
  const context = texture.getContext();
  context.save();
  context.translate(shelf.x, shelf.y);
  draw(context, width, height);
  context.restore();
  texture.add(key, 0, shelf.x, shelf.y, width, height);
  shelf.x += width + GAP;
  shelf.high = Math.max(shelf.high, height + GAP);
}

function circle(context, x, y, radius, fill) {
  context.fillStyle = fill;
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fill();
}

function figure(context, x, y, colour, skin, hair) {
  context.save();
  context.translate(x, y);
  context.fillStyle = "rgb(20 30 20 / 30%)";
  context.beginPath();
  context.ellipse(20, 36, 11, 3.5, 0, 0, 7);
  context.fill();
  context.fillStyle = colour;
  context.strokeStyle = "rgb(24 28 40 / 75%)";
  context.lineWidth = 2;
  context.beginPath();
  context.roundRect(11, 17, 18, 19, [9, 9, 5, 5]);
  context.fill();
  context.stroke();
  circle(context, 20, 12, 8.6, "rgb(24 28 40 / 75%)");
  circle(context, 20, 12, 7.6, skin);
  context.fillStyle = hair;
  context.beginPath();
  context.arc(20, 11, 7.8, Math.PI * 0.98, Math.PI * 2.02);
  context.quadraticCurveTo(20, 8, 12.4, 11.6);
  context.fill();
  context.restore();
}

function people(texture) {
  DOINGS.forEach(({ colour }, doing) => {
    SKINS.forEach((skin, look) => paint(texture, `${doing}-${look}`, FIGURE, FIGURE, (context) => figure(context, 0, 0, colour, skin, HAIR[look])));
    paint(texture, `${doing}-dot`, FIGURE, FIGURE, (context, size) => {
      circle(context, size / 2, size / 2, 17, "rgb(20 26 30 / 45%)");
      circle(context, size / 2, size / 2, 13.5, colour);
    });
  });
}

function roof(context, x, y, width, height, light, dark) {
  context.fillStyle = "rgb(18 26 16 / 32%)";
  context.beginPath();
  context.roundRect(x + 4, y + 5, width, height, 3);
  context.fill();
  context.fillStyle = dark;
  context.beginPath();
  context.roundRect(x, y, width, height, 3);
  context.fill();
  context.fillStyle = light;
  context.beginPath();
  context.roundRect(x, y, width, height / 2, [3, 3, 0, 0]);
  context.fill();
  context.fillStyle = "rgb(255 255 255 / 16%)";
  context.fillRect(x, y + height / 2 - 1, width, 2);
  context.fillStyle = "rgb(0 0 0 / 7%)";
  for (let at = 8; at < width; at += 8) context.fillRect(x + at, y, 1.2, height);
}

function homes(texture) {
  const kinds = [["#d07a5e", "#ad5e48"], ["#c79a68", "#a17a50"], ["#b4646f", "#914f5c"], ["#958a83", "#766b66"]];
  kinds.forEach(([light, dark], kind) => {
    paint(texture, `home-${kind}`, 100, 96, (context) => {
      context.fillStyle = "#93b866";
      context.beginPath();
      context.roundRect(4, 4, 92, 88, 14);
      context.fill();
      context.strokeStyle = "rgb(70 104 52 / 55%)";
      context.lineWidth = 3;
      context.stroke();
      roof(context, 22, 16, 56, 44, light, dark);
      context.fillStyle = "#4b3d38";
      context.fillRect(60, 22, 9, 9);
      context.fillStyle = "#e8dcb8";
      context.fillRect(46, 62, 8, 30);
      crown(context, kind % 2 ? 82 : 18, 74, 11, "#4f9150", "#6fb163");
      for (let at = 0; at < 4; at++) circle(context, (kind % 2 ? 14 : 64) + at * 7, 80 + (at % 2) * 4, 2.6, ["#f2a3b8", "#fff3da", "#f6d24a", "#d9789a"][(at + kind) % 4]);
    });
  });
}

function works(texture) {
  paint(texture, "work", 120, 104, (context) => {
    roof(context, 8, 10, 98, 82, "#7f97a3", "#687f8c");
    for (const x of [16, 48, 80]) {
      context.fillStyle = "#a9c3cf";
      context.fillRect(x, 20, 18, 24);
      context.fillStyle = "#54697a";
      context.fillRect(x, 58, 18, 24);
    }
  });
  paint(texture, "inn", 120, 112, (context) => {
    roof(context, 8, 10, 98, 62, "#d98b3d", "#b96f2b");
    context.fillStyle = "rgb(18 26 16 / 25%)";
    context.fillRect(12, 76, 96, 28);
    for (let at = 0; at < 8; at++) {
      context.fillStyle = at % 2 ? "#fff3da" : "#d5533f";
      context.fillRect(8 + at * 12.25, 72, 12.25, 26);
    }
    circle(context, 57, 41, 15, "#fff3da");
    circle(context, 57, 41, 10, "#d5533f");
  });
}

function parks(texture) {
  paint(texture, "green", 320, 320, (context) => {
    circle(context, 160, 160, 154, "#dccfa6");
    circle(context, 160, 160, 142, "#8fbf63");
    context.strokeStyle = "#dccfa6";
    context.lineWidth = 16;
    for (const turn of [0, Math.PI / 2]) {
      context.beginPath();
      context.moveTo(160 - 150 * Math.cos(turn), 160 - 150 * Math.sin(turn));
      context.lineTo(160 + 150 * Math.cos(turn), 160 + 150 * Math.sin(turn));
      context.stroke();
    }
    circle(context, 160, 160, 56, "#dccfa6");
    circle(context, 160, 160, 40, "#e9e2cf");
    circle(context, 160, 160, 33, "#5fb4d4");
    circle(context, 150, 152, 12, "#9bd6ea");
    for (let at = 0; at < 20; at++) {
      const angle = (at / 20) * Math.PI * 2 + 0.16;
      if (at % 5 === 4 || at % 5 === 0) continue;
      crown(context, 160 + 112 * Math.cos(angle), 160 + 112 * Math.sin(angle), 19, "#4f9150", "#6fb163");
    }
  });
}

/** A garden with benches, where there is room for no more. */
function gardens(texture) {
  paint(texture, "park", 150, 150, (context) => {
    circle(context, 75, 75, 70, "#7fb25a");
    circle(context, 75, 75, 52, "#dccfa6");
    circle(context, 75, 75, 36, "#8fbf63");
    for (let at = 0; at < 6; at++) {
      const angle = (at / 6) * Math.PI * 2;
      crown(context, 75 + 57 * Math.cos(angle), 75 + 57 * Math.sin(angle), 12, "#4f9150", "#6fb163");
    }
    crown(context, 75, 75, 21, "#5d9150", "#7cab60");
  });
}

function crown(context, x, y, radius, dark, light) {
  circle(context, x + radius * 0.22, y + radius * 0.28, radius, "rgb(14 28 14 / 34%)");
  circle(context, x, y, radius, dark);
  circle(context, x - radius * 0.22, y - radius * 0.25, radius * 0.66, light);
}

function trees(texture) {
  const kinds = [["#3f7f4a", "#58985a"], ["#2f6b45", "#43835a"], ["#5d9150", "#7cab60"], ["#7d9a45", "#9ab65c"]];
  kinds.forEach(([dark, light], kind) => {
    paint(texture, `tree-${kind}`, 56, 56, (context) => crown(context, 26, 25, 21, dark, light));
  });
}

function lights(texture) {
  paint(texture, "glow", 64, 64, (context) => {
    const light = context.createRadialGradient(32, 32, 0, 32, 32, 32);
    light.addColorStop(0, "rgba(255,196,110,0.95)");
    light.addColorStop(0.3, "rgba(255,160,70,0.4)");
    light.addColorStop(1, "rgba(255,140,50,0)");
    context.fillStyle = light;
    context.fillRect(0, 0, 64, 64);
  });
  paint(texture, "ring", 64, 64, (context) => {
    context.strokeStyle = "#fff";
    context.lineWidth = 5;
    context.beginPath();
    context.arc(32, 32, 27, 0, 7);
    context.stroke();
  });
}

/** Small pictures above heads: what somebody lacks, or does. */
function bubbles(texture) {
  const draw = (key, text, colour) =>
    paint(texture, key, 44, 44, (context) => {
      circle(context, 22, 20, 17, "rgb(24 28 40 / 60%)");
      circle(context, 22, 20, 15, "#fffaf0");
      context.fillStyle = "#fffaf0";
      context.beginPath();
      context.moveTo(16, 32);
      context.lineTo(22, 42);
      context.lineTo(27, 32);
      context.fill();
      context.fillStyle = colour;
      context.font = "bold 21px system-ui, sans-serif";
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(text, 22, 21);
    });
  draw("bubble-0", "z", "#5166c4");
  draw("bubble-3", "♨", "#d9632a");
  draw("bubble-4", "♥", "#e0406f");
  draw("bubble-sad", "!", "#c2342c");
}

/** Draw all of them. */
export function paintAll(textures) {
  const texture = textures.createCanvas("life", SIZE, SIZE);
  for (const draw of [parks, gardens, people, homes, works, trees, lights, bubbles]) draw(texture);
  texture.refresh();
  texture.setFilter(Phaser.Textures.FilterMode.LINEAR);
}
