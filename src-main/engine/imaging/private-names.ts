/**
 * Names, in any metadata, of what tells where a picture was taken, or which person's device took it. Cameras, drones
 * and programs each have spellings of their own (DJI writes `GpsLongtitude`), so the case doesn't count.
 */
const place =
  /^(gps|ciadr|geo(tag|location|position|code))|latitude|longt?itude|altitude|^(sub-?)?location|^(city|state|country|coverage|worldregion|lat|long|lng|alt)$|^(province|country)[-_ /]?(state|code|name)|^state[-_ /]?province/i;
const device =
  /serial[-_ ]?(number|no)?$|serial[-_ ]?(number|no)\b|owner[-_ ]?name|device[-_ ]?id|unique[-_ ]?id|^(imei|hostcomputer|makernote)$/i;

/** @param name without the prefix of its namespace. */
export const isPrivateName = (name: string): boolean => place.test(name) || device.test(name);

/** Whether a free text says such a thing in words. */
export const isPrivateText = (text: string): boolean =>
  /\bgps|latitude|longitude|serial ?(number|no\b)|owner ?name|device ?id/i.test(text);
