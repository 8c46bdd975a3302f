// The words of messages in Spanish. Text messages do without á, í, ó and ú, which GSM-7 lacks.
import { spanishNotices } from './notices-es.ts';
import type { Wording } from './wording.ts';

const days = new Intl.DateTimeFormat('es-US', { dateStyle: 'full', timeZone: 'UTC' });
const alternatives = new Intl.ListFormat('es-US', { type: 'disjunction' });

export const spanish: Wording = {
  code({ code, account, minutes }) {
    const what = `${code} es su código de acceso para ${account}`;
    return {
      subject: what,
      text: [
        `${what}.`,
        '',
        `Es válido durante ${minutes} minutos y sirve una sola vez.`,
        '',
        'Nadie le pedirá nunca este código, ni por teléfono ni en un mensaje. Escríbalo solamente donde inicia sesión.',
        'Si no está iniciando sesión, avise a su administrador del sistema: es posible que alguien conozca su contraseña.',
      ].join('\n'),
    };
  },
  codeText: ({ code, account, minutes }) =>
    `${code} es su clave de acceso${account === '' ? '' : ` para ${account}`} por ${minutes} minutos. No se la diga a nadie.`,
  checkWords: ({ words, account }) => ({
    subject: `${words}: sus palabras de prueba de ${account}`,
    text: [
      `${words} son sus dos palabras de prueba de ${account}.`,
      '',
      'Sirven para comprobar que recibe los mensajes. Escríbalas donde su aplicación se las pida o dígaselas a su administrador del sistema.',
      '',
      'No son un código de acceso y no permiten entrar a nadie. Un código de acceso no debe decirse a nadie: nadie se lo pedirá nunca.',
    ].join('\n'),
  }),
  checkWordsText: ({ words, account }) =>
    `${words}: palabras de prueba${account === '' ? '' : ` de ${account}`}. Escriba ambas donde se pidan o déselas a su administrador. No diga a nadie una clave de acceso.`,
  announcement: ({ account, name, date, email, phone, ask }) => ({
    subject: `${account} activará la autenticación de dos factores ${date}`,
    text: [
      `Hola, ${name}:`,
      '',
      `${account} activará la autenticación de dos factores ${date}, para todos sus usuarios.`,
      '',
      'A partir de entonces, después de la contraseña se le pedirá un código de seis dígitos. Usted elige adónde se envía:',
      `- por correo electrónico: ${email}`,
      `- por mensaje de texto: ${phone}`,
      'Una vez que lo haya escrito, no necesitará otro código durante 7 días si inicia sesión desde el mismo lugar.',
      '',
      `Si algún dato es incorrecto o falta, o si tiene preguntas, diríjase antes a ${ask}. De lo contrario, no tiene que hacer nada.`,
      '',
      'Nadie le pedirá nunca un código, ni por teléfono ni en un mensaje. Escríbalo solamente donde inicia sesión.',
    ].join('\n'),
  }),
  notices: spanishNotices,
  notice: ({ account, title, notice }) => ({
    subject: `${account}: ${title}`,
    text: `${notice}\n\nCuenta ${account}`,
  }),
  test: {
    subject: 'Mensaje de prueba',
    text: 'Este es un mensaje de prueba: los códigos de acceso pueden enviarse a esta dirección.\n\nNo tiene que hacer nada.',
  },
  testText:
    'Mensaje de prueba: las claves de acceso pueden enviarse a este teléfono. No tiene que hacer nada.',
  when: (day) => (day === null ? 'próximamente' : `el ${days.format(new Date(day))}`),
  oneOf: (names) => (names.length === 0 ? 'su administrador del sistema' : alternatives.format(names)),
  noEmail: 'no hay ninguna dirección registrada',
  noPhone: 'no hay ningún número registrado',
};
